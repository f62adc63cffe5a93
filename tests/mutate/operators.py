"""The small faults: for each place in a module's syntax tree, what could be written there by mistake."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

T = TypeVar("T", bound=ast.AST)
E = TypeVar("E")

COMPARISONS: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
}
TYPES: Final = ("annotation", "returns", "decorator_list", "type_params")
OPPOSITES: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Place:
    """Where in the tree something is: a field of its parent, or an element of a field that is a list."""

    parent: ast.AST
    field: str
    index: int | None

    def put(self, node: ast.AST) -> None:
        """Have this node there instead."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


@dataclass(frozen=True)
class Mutation:
    """One fault. name: the function that it is in, and its statement before and after."""

    name: str
    line: int
    place: Place
    node: ast.AST

    def apply(self) -> None:
        """Put it into the tree that it was made from."""
        self.place.put(self.node)


def mutations(tree: ast.Module) -> list[Mutation]:
    """All faults of a module. Two that read alike in the same function are told apart by a number."""
    found: list[Mutation] = []
    alike: Counter[str] = Counter()
    for scope, statement, place, original in _places(tree, "", tree):
        before = _first_line(statement)
        for node in _variants(original, scope, statement):
            place.put(ast.copy_location(node, original))
            name = f"{scope or 'module'}: {before} → {_first_line(node if statement is original else statement)}"
            place.put(original)
            alike[name] += 1
            number = f" ({alike[name]})" if alike[name] > 1 else ""
            found.append(
                Mutation(name + number, getattr(original, "lineno", 0), place, ast.fix_missing_locations(node))
            )
    return found


def _places(node: ast.AST, scope: str, statement: ast.AST) -> Iterator[tuple[str, ast.AST, Place, ast.AST]]:
    """Whatever is below the node, with the function that it is in and its statement; no types, and no f-strings."""
    for field, value in ast.iter_fields(node):
        if field in TYPES or isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Dict) and field == "keys"):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _is_about_types(child, scope) or _is_strict(child):
                continue
            inner = child if isinstance(child, ast.stmt | ast.ExceptHandler) else statement
            yield scope, inner, Place(node, field, index), child
            named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            below = f"{scope}.{child.name}".lstrip(".") if named else scope  # type: ignore[attr-defined]
            yield from _places(child, below, inner)


def _is_about_types(node: ast.AST, scope: str) -> bool:
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar"))):
            return True
        case ast.AnnAssign(annotation=ast.Name(id="TypeAlias")):
            return True
        case ast.Assign(value=ast.Subscript()) | ast.AnnAssign(value=ast.Subscript()):
            return not scope
    return False


def _is_strict(node: ast.AST) -> bool:
    """zip's `strict=True`, which is a check itself."""
    return isinstance(node, ast.keyword) and node.arg == "strict"


def _first_line(node: ast.AST) -> str:
    return "pass" if isinstance(node, ast.Pass) else ast.unparse(node).strip().partition("\n")[0]


def _variants(node: ast.AST, scope: str, statement: ast.AST) -> Iterator[ast.AST]:
    """What could be there in place of the node, each of it new."""
    if isinstance(node, ast.expr):
        if not (isinstance(node, ast.Constant) and _is_fixed(node, scope, statement)):
            yield from _expressions(node, statement)
    elif isinstance(node, ast.stmt):
        yield from _statements(node)
    elif isinstance(node, ast.ExceptHandler) and not isinstance(node.type, ast.Tuple):
        yield _with(node, type=ast.Tuple([], ast.Load()))
    elif isinstance(node, ast.comprehension) and node.ifs:
        yield _with(node, ifs=[])


def _is_fixed(node: ast.Constant, scope: str, statement: ast.AST) -> bool:
    """Texts for people, docstrings, and numbers that a module names: those are chosen, and tests read them by name."""
    match statement:
        case ast.Raise() | ast.Expr(value=ast.Constant() | ast.Call(func=ast.Attribute(value=ast.Name(id="log")))):
            return isinstance(node.value, str)
    return not scope and isinstance(node.value, int | float)


def _expressions(node: ast.expr, statement: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.Compare(ops=[operator]):
            yield from (_with(node, ops=[other()]) for other in COMPARISONS[type(operator)])
        case ast.BoolOp(values=values):
            for rest in _each_left_out(values):
                yield _with(node, values=rest) if len(rest) > 1 else rest[0]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(op=ast.BitOr(), left=left, right=right) | ast.IfExp(body=left, orelse=right):
            yield from (left, right)
        case ast.BinOp(op=operator) if type(operator) in ARITHMETIC:
            yield _with(node, op=ARITHMETIC[type(operator)]())
        case ast.Constant(value=value):
            yield from (ast.Constant(other) for other in _other_values(value))
        case _:
            yield from _with_a_part_left_out(node, statement)


def _with_a_part_left_out(node: ast.expr, statement: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.Call(func=function, keywords=keywords):
            if isinstance(function, ast.Name) and function.id in OPPOSITES:
                yield _with(node, func=ast.Name(OPPOSITES[function.id], ast.Load()))
            for left_out, rest in zip(keywords, _each_left_out(keywords), strict=True):
                if not _is_strict(left_out):
                    yield _with(node, keywords=rest)
        case ast.Dict(keys=keys, values=values):
            entries = zip(_each_left_out(keys), _each_left_out(values), strict=True)
            yield from (_with(node, keys=key, values=value) for key, value in entries)
        case ast.Tuple(elts=elements, ctx=ast.Load()) if len(elements) > 1 and not _is_unpacked(statement):
            yield from (_with(node, elts=rest) for rest in _each_left_out(elements))


def _is_unpacked(statement: ast.AST) -> bool:
    return isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Tuple)


def _other_values(value: object) -> Iterator[bool | int | float | str]:
    match value:
        case bool():
            yield not value
        case int():
            yield value + 1
        case float():
            yield value * 2 or 1.0
        case str():
            yield f"{value}, or not"


def _statements(node: ast.stmt) -> Iterator[ast.stmt]:
    match node:
        case ast.Expr(value=ast.Constant()):
            return
        case ast.Expr() | ast.AugAssign() | ast.Delete() | ast.Raise() | ast.Break() | ast.Continue():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()
        case ast.Return(value=ast.Constant(value=None | False)):  # None is no other answer than False
            return
        case ast.Return(value=ast.expr()):
            yield ast.Return(ast.Constant(None))
        case ast.If(test=test) if not isinstance(test, ast.Compare | ast.UnaryOp):
            yield _with(node, test=ast.UnaryOp(ast.Not(), test))
        case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
            for item, rest in zip(items, _each_left_out(items), strict=True):
                if item.optional_vars is None:
                    yield _with(node, items=rest) if rest else ast.If(ast.Constant(True), body, [])


def _with(node: T, **fields: Any) -> T:
    """A copy with other fields."""
    return type(node)(**dict(ast.iter_fields(node)) | fields)


def _each_left_out(elements: Sequence[E]) -> Iterator[list[E]]:
    return ([*elements[:index], *elements[index + 1 :]] for index in range(len(elements)))
