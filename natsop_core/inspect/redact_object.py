"""Removes secrets from Kubernetes objects and from answers of servers: values that users set are masked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from natsop_core import names
from natsop_core.inspect.redact_conf import redacted_conf, secrets_in
from natsop_core.inspect.redact_text import MASK, SHORTEST, without_credentials

_OUR_CONTAINERS: Final = frozenset(
    (names.SERVER_CONTAINER, names.RELOADER_CONTAINER, names.EXPORTER_CONTAINER, names.BOX_CONTAINER)
)
_OUR_VARIABLES: Final = frozenset((names.POD_NAME_VARIABLE, names.SERVER_NAME_VARIABLE, "GOMEMLIMIT", "GOMAXPROCS"))
_KNOWN_ANNOTATIONS: Final = re.compile(
    r"nats\.crewlet\.cloud/.*|kubectl\.kubernetes\.io/restartedAt|deployment\.kubernetes\.io/revision"
    r"|volume\.(beta\.)?kubernetes\.io/.*|pv\.kubernetes\.io/.*"
)
_SECRET_FIELD: Final = re.compile(r"(pass(word|phrase|wd)?|token|seed|jwt|credentials?|private_?key)$", re.IGNORECASE)
_SECRET_ARGUMENT: Final = re.compile(r"pass|token|secret|seed|jwt|cred|key|auth|user", re.IGNORECASE)
_CONTAINERS: Final = frozenset(("containers", "initContainers", "ephemeralContainers"))
_DATA: Final = frozenset(("data", "binaryData", "stringData"))


def redacted(obj: Mapping[str, Any]) -> dict[str, Any]:
    """The object without managedFields and possible secrets. Texts of a ConfigMap are redacted like nats.conf."""
    kept = {key: value for key, value in obj.items() if key not in _DATA}
    found: dict[str, Any] = _map(kept, is_secret=False)
    if obj.get("kind") == "ConfigMap":
        texts = obj.get("data") or {}
        found["data"] = {key: redacted_conf(text) for key, text in texts.items() if isinstance(text, str)}
    elif _DATA & obj.keys():
        found["data"] = MASK
    return found


def secrets_of(obj: Mapping[str, Any]) -> frozenset[str]:
    """The masked texts of an object that should also be masked in other texts, such as logs."""
    texts = (text for text in _secrets_of(obj) if len(text) >= SHORTEST)
    conf = obj.get("data") or {} if obj.get("kind") == "ConfigMap" else {}
    in_conf = (secret for text in conf.values() if isinstance(text, str) for secret in secrets_in(text))
    return frozenset((*texts, *(secret for secret in in_conf if len(secret) >= SHORTEST)))


def _secrets_of(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        if _is_setting(value):
            yield str(value["value"])
        for inner in value.values():
            yield from _secrets_of(inner)
    elif isinstance(value, list):
        for item in value:
            yield from _secrets_of(item)


def _is_setting(value: Mapping[str, Any]) -> bool:
    """Whether this is a name with a value that a user has set: an environment variable, a header."""
    return "name" in value and "value" in value and value["name"] not in _OUR_VARIABLES


def _value(key: str, value: Any, *, is_secret: bool) -> Any:
    if isinstance(value, Mapping):
        if key == "annotations":
            return {name: text if _KNOWN_ANNOTATIONS.fullmatch(name) else MASK for name, text in value.items()}
        return _map(value, is_secret=is_secret)
    if isinstance(value, list):
        return [_item(key, item, is_secret=is_secret) for item in value]
    if isinstance(value, str):
        return MASK if is_secret or _SECRET_FIELD.search(key) else without_credentials(value)
    return value


def _item(key: str, item: Any, *, is_secret: bool) -> Any:
    if key in _CONTAINERS and isinstance(item, Mapping):
        is_ours = item.get("name") in _OUR_CONTAINERS
        return {name: _field(name, value, is_ours=is_ours) for name, value in item.items()}
    return _value(key, item, is_secret=is_secret)


def _field(name: str, value: Any, *, is_ours: bool) -> Any:
    """A field of a container. Containers of other programs may have passwords in their arguments."""
    if name in ("args", "command") and isinstance(value, list):
        return [_argument(str(each), is_ours=is_ours) for each in value]
    return _value(name, value, is_secret=False)


def _argument(text: str, *, is_ours: bool) -> str:
    return without_credentials(text) if is_ours and not _SECRET_ARGUMENT.search(text) else MASK


def _map(value: Mapping[str, Any], *, is_secret: bool) -> dict[str, Any]:
    found = {key: _value(key, inner, is_secret=is_secret) for key, inner in value.items() if key != "managedFields"}
    if _is_setting(value):
        found["value"] = MASK
    if isinstance(command := value.get("command"), list):
        found["command"] = [_argument(str(each), is_ours=True) for each in command]
    if isinstance(args := value.get("args"), list):
        found["args"] = [_argument(str(each), is_ours=True) for each in args]
    return found
