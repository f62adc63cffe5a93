"""When a TLS context is built again, and when it is left as it is."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import pytest

from natsop_runtime.api_server.tls_files import LOOK_AGAIN, ReloadedContext


class Built:
    """A context of one file, how often it was built, and seconds that a test sets."""

    def __init__(self, file: Path) -> None:
        self.now = 1_000.0
        self.times = 0
        self.is_usable = True
        self.context = ReloadedContext(self._build, (file,), clock=lambda: self.now)

    def _build(self) -> ssl.SSLContext:
        self.times += 1
        if not self.is_usable:
            raise ssl.SSLError("no certificate")
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "ca.crt"
    file.write_text("one")
    return file


def test_it_is_built_once_for_each_change(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    built = Built(file)
    first = built.context()
    os.utime(file, ns=(1, 1))  # other content of the same length, in the same file
    built.now += LOOK_AGAIN - 0.1
    assert built.context() is first
    built.now += 0.1
    assert built.context() is not first
    for _ in range(3):
        built.now += LOOK_AGAIN
        built.context()
    assert built.times == 2
    assert caplog.messages == [f"using the changed TLS files: {file}"]


def test_it_is_tried_again_until_the_files_can_be_used(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    built = Built(file)
    first = built.context()
    built.is_usable = False
    file.write_text("half of it")
    for _ in range(2):
        built.now += LOOK_AGAIN
        assert built.context() is first
    assert len(caplog.messages) == 2
    built.is_usable = True
    built.now += LOOK_AGAIN
    assert built.context() is not first


def test_a_file_that_comes_and_goes_counts_as_changed(file: Path) -> None:
    built = Built(file)
    file.unlink()
    built.now += LOOK_AGAIN
    built.context()
    assert built.times == 2
    file.write_text("one")
    built.now += LOOK_AGAIN
    built.context()
    assert built.times == 3
