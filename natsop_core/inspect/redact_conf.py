"""Removes secrets from nats.conf. Works on the parsed tree, and shows only values that are known to be harmless."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from natsop_core.conf.errors import ConfError
from natsop_core.conf.options import SERVER, Options
from natsop_core.conf.parser import parse
from natsop_core.conf.values import Block, Include, Variable
from natsop_core.conf.writer import write
from natsop_core.inspect.redact_text import MASK, without_credentials

if TYPE_CHECKING:
    from natsop_core.conf.values import Entry, Value

LEFT_OUT: Final = "(omitted: the file has a syntax error, so its secrets cannot be identified)\n"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SECRET: Final = _words(
    "password pass token jwt nkey seed key encryption_key prev_key prev_encryption_key ek operator operators "
    "root roots root_operator root_operators user username auth_token users resolver_preload server_metadata "
    "default_sentinel trusted trusted_keys xkey issuer headers"
)
"""Everything below these keys is masked, even public keys, which nobody needs here."""

_SHOWN: Final = _words(
    "listen host net server_name name store_dir storedir dir cert_file key_file ca_file http_base_path "
    "client_advertise advertise cluster_advertise pid_file pidfile ports_file_dir log_file logfile domain "
    "js_domain default_js_domain unique_tag mode type interval limit lame_duck_duration lame_duck_grace_period "
    "write_deadline ping_interval ttl timeout compression min_version cipher_suites curve_preferences publish "
    "pub subscribe sub allow deny subject subjects account acc system_account system no_auth_user "
    "sync_interval strategy response_type response to stream service prefix server_tags url urls routes "
    "resolver http https credentials creds max_file_store max_memory_store max_file max_memory max_payload "
    "max_pending"
)
"""Options whose texts are not secret."""


def redacted_conf(text: str) -> str:
    """The configuration without comments, with every text masked that is not known to be harmless."""
    try:
        tree = parse(text)
        hidden = frozenset(_variables_in_secrets(tree))
        return write(_block(tree, hidden))
    except (ConfError, ValueError):
        return LEFT_OUT


def secrets_in(text: str) -> Iterator[str]:
    """The texts that `redacted_conf` masks because of their keys, for masking them in other texts."""
    try:
        tree = parse(text)
    except ConfError:
        return
    hidden = frozenset(_variables_in_secrets(tree))
    yield from _texts(tree, hidden, is_secret=False)


def _variables_in_secrets(value: Value, *, is_secret: bool = False) -> Iterator[str]:
    """The keys of variables that are used as secrets: `PW: x, password: $PW`."""
    if isinstance(value, Block):
        for key, inner in _pairs(value):
            yield from _variables_in_secrets(inner, is_secret=is_secret or key.lower() in _SECRET)
    elif isinstance(value, tuple):
        for item in value:
            yield from _variables_in_secrets(item, is_secret=is_secret)
    elif isinstance(value, Variable) and is_secret:
        yield value.name.lower()


def _texts(value: Value, hidden: frozenset[str], *, is_secret: bool) -> Iterator[str]:
    if isinstance(value, Block):
        for key, inner in _pairs(value):
            yield from _texts(inner, hidden, is_secret=is_secret or _is_secret(key, hidden))
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item, hidden, is_secret=is_secret)
    elif isinstance(value, str) and is_secret:
        yield value


def _pairs(block: Block) -> Iterator[tuple[str, Value]]:
    yield from (entry for entry in block.entries if not isinstance(entry, Include))


def _is_secret(key: str, hidden: frozenset[str]) -> bool:
    return key.lower() in _SECRET or key.lower() in hidden


def _block(block: Block, hidden: frozenset[str], *, is_secret: bool = False) -> Block:
    return Block.read([_entry(entry, hidden, is_secret=is_secret) for entry in block.entries])


def _entry(entry: Entry, hidden: frozenset[str], *, is_secret: bool) -> Entry:
    if isinstance(entry, Include):
        return entry
    key, value = entry
    is_secret = is_secret or _is_secret(key, hidden)
    return without_credentials(key), _value(key.lower(), value, hidden, is_secret=is_secret)


def _value(key: str, value: Value, hidden: frozenset[str], *, is_secret: bool) -> Value:
    if isinstance(value, Block):
        return _block(value, hidden, is_secret=is_secret)
    if isinstance(value, tuple):
        return tuple(_value(key, item, hidden, is_secret=is_secret) for item in value)
    if is_secret or (not isinstance(value, Variable) and key not in _KNOWN):
        return MASK
    if isinstance(value, str):
        return without_credentials(value) if key in _SHOWN else MASK
    return value


def _spellings(options: Options) -> Iterator[str]:
    """The spellings of all options that a server knows, at any depth."""
    yield from options.names
    for inner in (*options.inner.values(), *([options.named] if options.named else [])):
        yield from _spellings(inner)


_KNOWN: Final = _SHOWN | frozenset(_spellings(SERVER))
"""A key that is not in this set may be a variable, whose value may be used as a password."""
