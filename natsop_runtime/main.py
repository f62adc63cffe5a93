"""`natsop run`, from its settings to its exit code."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from typing import TYPE_CHECKING, Final

from natsop_runtime import logs, open_files, preflight, stacks
from natsop_runtime.api_server.errors import ConfigurationError
from natsop_runtime.api_server.kubeconfig import load_config
from natsop_runtime.event_loop import EventLoopMonitor
from natsop_runtime.leader_election import LeadershipLostError
from natsop_runtime.manager import run_operator
from natsop_runtime.serving.certificates import CertificateError
from natsop_runtime.serving.listener import ListenError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from natsop_runtime.settings import RunSettings

GC_THRESHOLD: Final = 5_000
"""New objects until the garbage collector runs, instead of 700: there are few reference cycles here, and collecting
took a twentieth of the processor time."""

SWITCH_INTERVAL: Final = 0.0005
"""Seconds after which a thread has to let the event loop continue, instead of 0.005: the loop waits for the interpreter
lock after every system call, so a request took a tenth of a second, and a lease was lost."""

log = logging.getLogger(__name__)


def run(settings: RunSettings, warnings: Iterable[str] = ()) -> int:
    """Run the operator until SIGTERM or SIGINT. Returns 0 then, and 1 when it ends for another reason, which is logged.

    warnings: what to log first.
    """
    logs.set_up(settings.log_level, settings.log_format)
    for warning in warnings:
        log.warning("%s", warning)
    open_files.raise_limit(len(settings.namespaces))
    gc.set_threshold(GC_THRESHOLD)
    sys.setswitchinterval(SWITCH_INTERVAL)
    try:
        asyncio.run(_run(settings))
    except ConfigurationError as error:
        return _cannot_start(f"No Kubernetes cluster to work with: {error}.")
    except (preflight.NotReadyError, CertificateError) as error:
        return _cannot_start(str(error))
    except ListenError as error:
        return _cannot_start(f"{error}; see --metrics-bind-address and --health-probe-bind-address.")
    except LeadershipLostError as error:
        log.error("lost the lease: %s", error)
        return 1
    except Exception as error:
        log.error("internal error: %s", logs.fault(error), exc_info=error)
        return 1
    return 0


async def _run(settings: RunSettings) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().set_exception_handler(logs.log_lost_error)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    stacks.log_on_signal(asyncio.get_running_loop())
    monitor = EventLoopMonitor()
    async with monitor.sampling():
        await run_operator(load_config(settings.kubeconfig, settings.context), settings, stop, monitor=monitor)


def _cannot_start(why: str) -> int:
    log.error("%s", " ".join(why.split()))
    return 1
