"""Reads one scalar of nats.conf, with the types and special cases of the server's lexer (conf/lex.go, conf/parse.go).

The names in brackets are the server's state functions. This lexer raises an error where the server silently drops or
confuses keys: an unknown suffix (`1kbb`), a `]` directly after a number, a file that ends within a string.
"""

import re
from typing import NoReturn

from natsop_core.conf.errors import ConfError, Place, Source
from natsop_core.conf.values import BCRYPT_PREFIX, Datetime, Value, Variable

_UNICODE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"  # Go's unicode.IsSpace
SPACES = re.compile(f"[{_UNICODE_SPACE}]*")
BLANKS = re.compile(r"[ \t]*")
SPACES_AND_COMMENTS = re.compile(rf"(?:[{_UNICODE_SPACE}]|(?:#|//)[^\n\r]*)*")
BLANKS_AND_COMMENTS = re.compile(r"(?:[ \t]|(?:#|//)[^\n\r]*)*")
KEY = re.compile(f"[^=:{_UNICODE_SPACE}]*")

_QUOTED_RUN = re.compile(r'[^\\"]*')
_BARE_RUN = re.compile(r"[^\\\n\r;,\]} \t']*")
_HEX = re.compile(r"x([0-9a-fA-F]{2})")
_BLOCK_END = re.compile(r"(?<=\n)\)(?=\n|\Z)")
_DIGITS = re.compile(r"-?\d+")  # of any script, like Go's unicode.IsDigit; the conversion then rejects non-ASCII digits
_FRACTION = re.compile(r"\.\d+")
_ADDRESS_REST = re.compile(r"[\d.:-]*")
_SUFFIX = re.compile(r"[kKmMgGtTpPeE][bBiI]*")
_DATE_REST = re.compile(r"-\d\d-\d\dT\d\d:\d\d:\d\dZ")

_AFTER_NUMBER = frozenset(("\n", "\r", "}", ";", ",", " ", "\t", ""))
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", '"': '"', "\\": "\\"}
_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5, "e": 6}
_UNIT = re.compile(r"([kmgtpe])(b|i|ib)?")


class Scanner:
    """A text and the current position in it."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.source = Source(file, text)
        self.at = 0
        bad = re.search("[\0\ud800-\udfff]", text)
        if bad:
            self.fail(
                "there is a NUL or a byte that is not UTF-8, which nats-server cannot read; remove it", bad.start()
            )

    @property
    def character(self) -> str:
        """The next character, or an empty string at the end of the text."""
        return self.text[self.at : self.at + 1]

    def take(self, pattern: re.Pattern[str]) -> str:
        """Read the text that the pattern matches here; it may be empty."""
        found = pattern.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found[0]

    def place(self, at: int | None = None) -> Place:
        return self.source.place(self.at if at is None else at)

    def fail(self, problem: str, at: int | None = None) -> NoReturn:
        raise ConfError(self.place(at), problem)


def read_scalar(scan: Scanner) -> Value:
    """The value that starts here and is neither a list nor a block (lexValue)."""
    match scan.character:
        case '"':
            return _double_quoted(scan)
        case "'":
            return read_literal(scan)
        case "(":
            return _block_string(scan)
        case "\n" | "\r":
            return scan.fail("the value is missing; write it on the line of its key")
        case ".":
            return scan.fail("a number must start with a digit; write 0.5, or quote the text")
        case character if character == "-" or character.isdecimal():
            return _number(scan)
        case _:
            return _bare(scan, start=scan.at)


def read_literal(scan: Scanner) -> str:
    """A quoted key, include or single-quoted string: everything up to the same quote, without escapes."""
    start = scan.at
    end = scan.text.find(scan.character, start + 1)
    if end < 0:
        scan.fail("the closing quote is missing")
    scan.at = end + 1
    return scan.text[start + 1 : end]


def _double_quoted(scan: Scanner) -> str:
    """lexDubQuotedString."""
    start = scan.at
    scan.at += 1
    parts = [scan.take(_QUOTED_RUN).encode()]
    while scan.character == "\\":
        parts += (_escape(scan), scan.take(_QUOTED_RUN).encode())
    if not scan.character:
        scan.fail("the closing quote is missing", start)
    scan.at += 1
    return _text(parts)


def _text(parts: list[bytes]) -> str:
    return b"".join(parts).decode("utf-8", "surrogateescape")


def _escape(scan: Scanner) -> bytes:
    """lexStringEscape, lexStringBinary."""
    start = scan.at
    scan.at += 1
    if code := scan.take(_HEX):
        return bytes.fromhex(code[1:])
    escaped = _ESCAPES.get(scan.character)
    if escaped is None:
        scan.fail(
            r"after a backslash only t, n, r, quote, backslash or x with two hex digits may follow; write \\", start
        )
    scan.at += 1
    return escaped.encode()


def _block_string(scan: Scanner) -> str:
    """Text in ( ), closed by a ) alone on its line (lexBlock). A ) that ends the file is part of the value."""
    start = scan.at + 1
    end = _BLOCK_END.search(scan.text, start)
    if end is None:
        scan.fail("the closing ) is missing; it must be the only character of its line")
    scan.at = end.end()
    return scan.text[start : end.start() if scan.character else end.end()]


def _bare(scan: Scanner, start: int) -> Value:
    """An unquoted word from start: a boolean, a variable or a string (lexString). It is already read up to scan.at."""
    parts = [(scan.text[start : scan.at] + scan.take(_BARE_RUN)).encode()]
    while scan.character == "\\":
        parts += (_escape(scan), scan.take(_BARE_RUN).encode())
    word = _text(parts)
    if scan.character == "'":
        scan.at += 1
        return word
    if len(parts) > 1 or word.startswith("$" + BCRYPT_PREFIX):
        return word
    if word.startswith("$"):
        return Variable(word[1:], scan.place(start))
    return _BOOLEANS.get(word.lower(), word)


def _number(scan: Scanner) -> Value:
    """A number, a time, an IP address, or a bare string that starts like one (lexNumberOrDateOrStringOrIP)."""
    start = scan.at
    digits = scan.take(_DIGITS)
    if not digits:
        scan.fail("a minus must be followed by a digit; quote the text")
    if scan.character == ".":
        return _float_or_address(scan, start)
    if scan.character == "-" and not digits.startswith("-"):
        return _datetime(scan, start)
    if suffix := scan.take(_SUFFIX):
        return _integer(scan, digits, suffix, start) if scan.character in _AFTER_NUMBER else _bare(scan, start)
    if scan.character in _AFTER_NUMBER or digits.startswith("-"):
        return _integer(scan, digits, "", start)
    if scan.character == "]":
        scan.fail("nats-server reads a ] directly after a number as text; put a space between them")
    scan.at += 1  # any character is allowed here, even a quote or a backslash
    return _bare(scan, start)


def _float_or_address(scan: Scanner, start: int) -> float | str:
    """lexFloatStart, lexFloat, lexIPAddr."""
    if not scan.take(_FRACTION):
        scan.fail("the point of a number must be followed by a digit; quote the text")
    if scan.character == ".":
        scan.take(_ADDRESS_REST)
        return scan.text[start : scan.at]
    digits = scan.text[start : scan.at]
    if not digits.isascii() or float(digits) in (float("inf"), float("-inf")):
        scan.fail("the number is out of range or not in ASCII digits", start)
    return float(digits)


def _datetime(scan: Scanner, start: int) -> Datetime:
    """lexDateAfterYear."""
    if not scan.take(_DATE_REST):
        scan.fail("digits and a minus start a time, such as 2030-01-02T03:04:05Z; quote the text", start)
    try:
        return Datetime(scan.text[start : scan.at])
    except ValueError as error:
        scan.fail(str(error), start)


def _integer(scan: Scanner, digits: str, suffix: str, start: int) -> int:
    """k is 1000; kb, ki and kib are 1024. Too large a product wraps around, as in the server (parse.go)."""
    magnitude = digits.lstrip("-0") or "0"
    number = int(magnitude) if digits.isascii() and len(magnitude) < 20 else 2**64
    number = -number if digits.startswith("-") else number
    if not -(2**63) <= number < 2**63:
        scan.fail("the integer is out of range or not in ASCII digits; it must fit into 64 bits", start)
    if not suffix:
        return number
    unit = _UNIT.fullmatch(suffix.lower())
    if unit is None:
        scan.fail(
            "nats-server ignores a number with this suffix; valid suffixes are k, kb, ki, kib and so on up to e", start
        )
    product: int = number * (1024 if unit[2] else 1000) ** _POWERS[unit[1]]
    return (product + 2**63) % 2**64 - 2**63
