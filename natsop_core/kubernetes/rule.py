"""The types of validation rules, and their evaluation on resources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from operator import attrgetter, methodcaller
from typing import TYPE_CHECKING, Any, Final

from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from pydantic import BaseModel


@frozen
class Explanation:
    """A message that depends on the node that breaks a rule, in CEL and in Python."""

    cel: str
    of: Callable[[Any], str]


@frozen
class Rule:
    """A rule about all nodes at a path. The value of a node is `self` in CEL; absent nodes are skipped.

    at: a path such as `spec.config.includes[].name` or `spec.contexts{}.ca`, with all items of a list or map.
    explanation: a more detailed message, which depends on the node.
    integers: paths below `at` of integers that CEL always reads; it rejects them if they are floating point numbers.
    """

    name: str
    at: str
    cel: str
    message: str
    holds: Callable[[Any], bool]
    explanation: Explanation | None = None
    integers: tuple[str, ...] = ()

    def message_about(self, node: Any) -> str:
        """The message about a node that breaks the rule."""
        return self.explanation.of(node) if self.explanation else self.message


@frozen
class TransitionRule:
    """A rule about a change of the whole resource from `oldSelf` to `self`. about: the path of the affected field.

    The rule can read the status of `oldSelf`, to allow a change back to the committed value.
    """

    name: str
    about: str
    cel: str
    message: str
    holds: Callable[[Any, Any], bool]


@frozen
class Breach:
    """A broken rule: its name, and the path in the format of the API server."""

    rule: str
    path: str
    message: str


def breaches(resource: BaseModel, rules: tuple[Rule, ...], floats: AbstractSet[str] = frozenset()) -> Iterator[Breach]:
    """The rules that the resource breaks, in the order of the table, each with its path.

    floats: the paths of integers that are written as floating point numbers.
    """
    found: dict[str, _Nodes] = {"": [("", resource)]}
    for rule in rules:
        for path, node in _nodes(rule.at, found):
            if floats and any(_joined(path, integer) in floats for integer in rule.integers):
                yield Breach(rule.name, path, "integers must be written without a decimal point or an exponent")
            elif not rule.holds(node):
                yield Breach(rule.name, path, rule.message_about(node))


def broken_transitions(old: BaseModel, new: BaseModel, rules: tuple[TransitionRule, ...]) -> Iterator[Breach]:
    """The rules that a change from `old` to `new` breaks."""
    for rule in rules:
        if not rule.holds(old, new):
            yield Breach(rule.name, rule.about, rule.message)


_STEP: Final = re.compile(r"([^.\[{]+)(\[]|\{})?")


@cache
def steps(at: str) -> list[tuple[str, str]]:
    """The steps of a rule's path: the name of a field, and `[]` or `{}` for all of its items."""
    return _STEP.findall(at)


_Nodes = list[tuple[str, Any]]


def _nodes(at: str, found: dict[str, _Nodes]) -> _Nodes:
    """The nodes at a rule's path, each with its own path. found: a cache of nodes by path."""
    if at not in found:
        around, name, each = _last_step(at)
        found[at] = _step(_nodes(around, found), name, each)
    return found[at]


@cache
def _last_step(at: str) -> tuple[str, str, str]:
    """The path without its last step, and this step; see `steps`."""
    name, each = steps(at)[-1]
    return at.removesuffix(f"{name}{each}").removesuffix("."), name, each


def _step(nodes: _Nodes, name: str, each: str) -> _Nodes:
    parts = ((_joined(path, name), _part_of(type(node), name)(node)) for path, node in nodes)  # type: ignore[arg-type]
    present = [(path, part) for path, part in parts if part is not None]
    if each == "[]":
        return [(f"{path}[{index}]", item) for path, part in present for index, item in enumerate(part)]
    if each == "{}":
        return [(f"{path}[{key}]", item) for path, part in present for key, item in part.items()]
    return present


@cache
def _part_of(type_: type[Any], name: str) -> Callable[[Any], Any]:
    """A function that returns the field with that name from a value of the type; None if a mapping lacks it."""
    if issubclass(type_, Mapping):
        return methodcaller("get", name)
    model: type[BaseModel] = type_
    return attrgetter(next(attribute for attribute, field in model.model_fields.items() if field.alias == name))


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name
