"""The token in a file: for how long it is used, and what happens without a new one."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from natsop_runtime.api_server.errors import CredentialsError
from natsop_runtime.api_server.token_file import TokenFileAuth


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def authorization(auth: TokenFileAuth, *, status: int = 200) -> list[str]:
    """What a request is sent with, each time that it is."""
    request = httpx2.Request("GET", "https://api")
    flow, sent = auth.auth_flow(request), []
    try:
        next(flow)
        while True:
            sent.append(request.headers["Authorization"])
            flow.send(httpx2.Response(status))
    except StopIteration:
        return sent


def test_a_token_is_used_for_a_minute_at_most(tmp_path: Path) -> None:
    file, clock = tmp_path / "token", Clock()
    file.write_text(" first\n")
    auth = TokenFileAuth(str(file), clock=clock)
    assert authorization(auth) == ["Bearer first"]
    file.write_text("second")
    clock.now += 59
    assert authorization(auth) == ["Bearer first"]
    clock.now += 1
    assert authorization(auth) == ["Bearer second"]
    file.write_text("third")
    clock.now += 59
    assert authorization(auth) == ["Bearer second"]


@pytest.mark.parametrize("content", [None, b"", b"\xff", b"two\nlines"], ids=["gone", "empty", "no text", "no token"])
def test_without_a_new_token_the_last_one_stays_in_use(
    tmp_path: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    file, clock = tmp_path / "token", Clock()
    file.write_text("first")
    auth = TokenFileAuth(str(file), clock=clock)
    authorization(auth)
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    for _ in range(3):
        clock.now += 20
        assert authorization(auth) == ["Bearer first"]
    assert len(caplog.records) == 1
    assert str(file) in caplog.text
    assert authorization(auth, status=401) == ["Bearer first"]


def test_who_has_no_token_at_all_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match=str(tmp_path / "absent")):
        authorization(TokenFileAuth(str(tmp_path / "absent")))


def test_without_a_first_token_nothing_is_sent_however_soon_it_is_tried_again(tmp_path: Path) -> None:
    file = tmp_path / "token"
    auth = TokenFileAuth(str(file), clock=lambda: 1_000.0)
    for content in ("", "", "tök€n"):
        file.write_text(content, encoding="utf-8")
        with pytest.raises(CredentialsError, match=r"empty|characters that no token has"):
            authorization(auth)
    file.write_text("first")
    assert authorization(auth) == ["Bearer first"]
