"""Texts of environment variables, as the server reads them."""

import pytest

from natsop_core.conf.environment import check_environment_text


@pytest.mark.parametrize(
    "text", ["", "secret", "'a b;c'", "1234", "1k", "-1", "1.5", "10.0.0.1:4222", "[a, b]", "true"]
)
def test_a_text_that_can_be_read(text: str) -> None:
    assert check_environment_text(text) is None


@pytest.mark.parametrize(
    "text", ["a b", "ab;c#d", "12e4567890123456", "10-0", "1k5x", "'a", "{ a: 1", "a\nb: 1", "a'b c", "1\ninclude x"]
)
def test_a_text_with_which_no_server_starts(text: str) -> None:
    problem = check_environment_text(text)
    assert problem is not None
    assert problem.endswith("put single quotes around it")
    assert text not in problem
