"""Where to listen, as somebody writes it."""

from __future__ import annotations

import pytest

from natsop_runtime.bind_address import BindAddress, parse_bind_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("0", None),
        (":8443", BindAddress("", 8443)),
        ("127.0.0.1:0", BindAddress("127.0.0.1", 0)),
        ("localhost:65535", BindAddress("localhost", 65535)),
        ("[::1]:8081", BindAddress("::1", 8081)),
        ("[fe80::1%eth0]:8081", BindAddress("fe80::1%eth0", 8081)),
    ],
)
def test_an_address_is_read_and_written_alike(text: str, address: BindAddress | None) -> None:
    assert parse_bind_address(text) == address
    assert address is None or str(address) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8443",
        "off",
        ":",
        ":http",
        ":-1",
        ":65536",
        ":99999",
        "::1:8443",
        "[::1]",
        "[]:1",
        "[localhost]:1",
        "a b:1",
        "http://x:1",
        ":1\n",
        ":\u0661",
    ],
)
def test_what_is_no_address_is_refused_in_words_that_help(text: str) -> None:
    with pytest.raises(ValueError, match="is no address: ") as error:
        parse_bind_address(text)
    assert repr(text) in str(error.value)
