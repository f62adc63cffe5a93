"""Threads with a network of their own, so that any number of servers may listen on the same ports at once."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.testbed.errors import CannotRunError
from tests.testbed.isolation import require_possible

_CLONE_NEWNET = 0x40000000
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1


@contextmanager
def private_networks(threads: int) -> Iterator[ThreadPoolExecutor]:
    """A pool of threads that may call `fresh_network`. Raises CannotRunError where none can be had; it takes root."""
    require_possible()
    with ThreadPoolExecutor(threads) as pool:
        pool.submit(fresh_network).result()
        yield pool


def fresh_network() -> None:
    """Give the calling thread, and what it starts from now on, a network with a loopback device and nothing else.

    Each server gets one: a connection to the one before may keep a port for a minute. For threads of
    `private_networks` only: a thread cannot go back, and pytest's own needs the network that it has.
    """
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET) != 0:
        raise CannotRunError(f"this machine lets us make no network namespace: {os.strerror(ctypes.get_errno())}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", _IFF_UP))
