"""Warnings are logged once, and the memory of what was logged has a bound."""

from __future__ import annotations

import pytest

from natsop_runtime.api_server.api_warnings import LONGEST, MOST_REMEMBERED, ApiWarnings


def test_a_warning_is_logged_again_after_a_thousand_others(caplog: pytest.LogCaptureFixture) -> None:
    warnings = ApiWarnings()
    for number in (*range(MOST_REMEMBERED), MOST_REMEMBERED - 1, MOST_REMEMBERED, 0):
        warnings.log("pods", "/api/v1/pods", [f'299 - "{number}"'])
    told = [message.rpartition(" ")[2] for message in caplog.messages]
    assert told == [str(number) for number in (*range(MOST_REMEMBERED + 1), 0)]


def test_a_long_warning_is_cut_off(caplog: pytest.LogCaptureFixture) -> None:
    ApiWarnings().log("pods", "/api/v1/pods", [f'299 - "{"x" * (LONGEST + 1)}"'])
    assert caplog.messages[0].endswith(": " + "x" * LONGEST)
