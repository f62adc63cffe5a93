"""When a TLS context is built again, and when it is left as it is."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import pytest

from natsop_runtime.tls_files import ReloadedContext

LOOK_AGAIN = 10.0


class Built:
    """A context of one file, how often it was built, and seconds that a test sets."""

    def __init__(self, file: Path) -> None:
        self.now = 1_000.0
        self.times = 0
        self.problem: Exception | None = None
        self.context = ReloadedContext(self._build, (file,), interval=LOOK_AGAIN, clock=lambda: self.now)

    def _build(self) -> ssl.SSLContext:
        self.times += 1
        if self.problem:
            raise self.problem
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


@pytest.mark.parametrize("problem", [ssl.SSLError("no certificate"), ValueError("no PEM")], ids=["TLS", "value"])
def test_it_is_tried_again_until_the_files_can_be_used(
    problem: Exception, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    built = Built(file)
    first = built.context()
    built.problem = problem
    file.write_text("half of it")
    for _ in range(2):
        built.now += LOOK_AGAIN
        assert built.context() is first
    warning = f"cannot use the changed TLS files, the last ones stay in use: {file}: {problem}"
    assert caplog.messages == [warning]
    built.problem = OSError("another reason")
    built.now += LOOK_AGAIN
    assert built.context() is first
    assert caplog.messages == [warning, warning.replace(str(problem), "another reason")]
    built.problem = None
    built.now += LOOK_AGAIN
    assert built.context() is not first
    assert caplog.messages[2:] == [f"using the changed TLS files: {file}"]


def test_files_that_are_back_as_they_were_are_in_use_again(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    built = Built(file)
    moved = file.rename(file.with_suffix(".moved"))
    built.problem = FileNotFoundError("no such file")
    for _ in range(2):
        built.now += LOOK_AGAIN
        built.context()
    moved.rename(file)
    built.problem = None
    for _ in range(2):
        built.now += LOOK_AGAIN
        built.context()
    assert built.times == 4
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


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


def test_a_check_is_followed_by_none_for_a_while(file: Path) -> None:
    built = Built(file)
    built.now += LOOK_AGAIN
    built.context()
    file.write_text("changed")
    built.now += LOOK_AGAIN - 0.1
    built.context()
    assert built.times == 1


@pytest.mark.parametrize("changed", ["another file", "another length"])
def test_a_file_counts_as_changed_even_if_its_time_does_not(changed: str, file: Path) -> None:
    os.utime(file, ns=(1, 1))
    built = Built(file)
    if changed == "another file":
        file.rename(file.with_suffix(".old"))
        file.write_text("two")
    else:
        file.write_text("longer")
    os.utime(file, ns=(1, 1))
    built.now += LOOK_AGAIN
    built.context()
    assert built.times == 2
