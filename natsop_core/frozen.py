"""Frozen dataclasses with slots whose methods are mostly shared, so that a command starts quickly.

`@dataclass(frozen=True, slots=True)` compiles six methods for each class, anew in each process (0.6 ms a class in
Python 3.11): for 150 classes that was a seventh of the time of `natsop render`. `@frozen` compiles one, `__init__`.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform, overload

T = TypeVar("T")


@overload
def frozen(cls: type[T], /) -> type[T]: ...
@overload
def frozen(*, kw_only: bool = False) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T] | None = None, /, *, kw_only: bool = False) -> type[T] | Callable[[type[T]], type[T]]:
    """Make a dataclass whose instances cannot change and have no `__dict__`; `replace` and `fields` work as usual.

    As with the standard library's, what the class itself defines is kept, and `__post_init__` is called.
    """
    return _made(cls, kw_only=kw_only) if cls else lambda cls: _made(cls, kw_only=kw_only)


def _made(cls: type[T], *, kw_only: bool) -> type[T]:
    own = set(vars(cls))
    made = dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
    methods = {
        "__init__": _init(made),
        "__repr__": _repr,
        **_comparison(made),
        "__setattr__": _refuse_to_set,
        "__delattr__": _refuse_to_delete,
    }
    for name, method in methods.items():
        if name not in own:
            setattr(made, name, method)
    return made


def _init(cls: type) -> Callable[..., None]:
    """`__init__`, which sets the slots by their descriptors: the class's own `__setattr__` refuses."""
    names: dict[str, Any] = {"__name__": cls.__module__, "MISSING": MISSING}
    positional, keywords, body = ["self"], ["*"], []
    for each in fields(cls):
        parameter, value = _parameter(each, names)
        names[f"set_{each.name}"] = getattr(cls, each.name).__set__
        (keywords if each.kw_only else positional).append(parameter)
        body.append(f" set_{each.name}(self, {value})\n")
    if hasattr(cls, "__post_init__"):
        body.append(" self.__post_init__()\n")
    parameters = positional + (keywords if keywords[1:] else [])
    exec(f"def __init__({', '.join(parameters)}):\n{''.join(body) or ' pass'}", names)  # noqa: S102 (our own names)
    made: Callable[..., None] = names["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _parameter(of: Field[Any], names: dict[str, Any]) -> tuple[str, str]:
    """The field as a parameter, and the expression of its value. What these need is added to the names."""
    default = f"default_{of.name}"
    if of.default_factory is not MISSING:
        names[default] = of.default_factory
        return f"{of.name}=MISSING", f"{default}() if {of.name} is MISSING else {of.name}"
    if of.default is not MISSING:
        names[default] = of.default
        return f"{of.name}={default}", of.name
    return of.name, of.name


def _comparison(cls: type) -> dict[str, Callable[..., Any]]:
    compared = [each.name for each in fields(cls) if each.compare]
    key: Callable[[object], Any] = attrgetter(*compared) if compared else lambda _: ()

    def __eq__(self: object, other: object) -> Any:  # noqa: N807
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: object) -> int:  # noqa: N807
        return hash(key(self))

    return {"__eq__": __eq__, "__hash__": __hash__}


def _repr(self: Any) -> str:
    shown = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({shown})"


def _refuse_to_set(_self: object, name: str, _value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")
