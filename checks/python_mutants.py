"""Mutants of a Python check: its function, and the functions of its module that it calls, each with one fault in it.

Comparisons are negated and moved by one, ``and`` becomes ``or``, ``not`` is dropped, a condition is turned round, a
value of a literal collection is dropped, and each ``yield`` is left out once.
"""

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, TypeAlias

Node: TypeAlias = Any  # of the kind that the edit is for
Edit = Callable[[Node], None]
_TURNED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.GtE, ast.LtE),
    ast.LtE: (ast.Gt, ast.Lt),
    ast.Gt: (ast.LtE, ast.GtE),
    ast.GtE: (ast.Lt, ast.Gt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}


def of(function: Callable[..., Any]) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Each mutant: the fault in words, and the function with that fault."""
    module = sys.modules[function.__module__]
    source = inspect.getsource(module)
    functions = _functions(source)
    reached = _reached(function.__name__, functions)
    for name in reached:
        text = ast.get_source_segment(source, functions[name]) or ""
        for at, node in enumerate(ast.walk(functions[name])):
            for words, edit in _edits(node):
                mutated = _mutated(text, at, edit)
                fault = f"line {getattr(node, 'lineno', functions[name].lineno)}: {words}"
                bodies = [mutated if other == name else functions[other] for other in reached]
                yield fault, _made(bodies, function.__name__, vars(module))


@lru_cache(8)
def _functions(source: str) -> dict[str, ast.FunctionDef]:
    """Those of a module, by name. Not to be changed."""
    functions = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    for defined in functions.values():
        defined.decorator_list = []  # what a decorator is given is not called by the function
    return functions


def _mutated(text: str, at: int, edit: Edit) -> Node:
    """Parsed anew, which is faster than a copy of the tree."""
    mutated: Node = ast.parse(text).body[0]
    node = _nth(mutated, at)
    edit(node)
    ast.fix_missing_locations(node)
    return mutated


def _reached(start: str, functions: dict[str, ast.FunctionDef]) -> list[str]:
    """The function and all of its module that it calls, directly or not."""
    reached, todo = [start], [start]
    while todo:
        for node in ast.walk(functions[todo.pop()]):
            if isinstance(node, ast.Name) and node.id in functions and node.id not in reached:
                reached.append(node.id)
                todo.append(node.id)
    return reached


def _nth(root: ast.AST, at: int) -> ast.AST:
    return next(node for index, node in enumerate(ast.walk(root)) if index == at)


def _made(bodies: list[ast.FunctionDef], name: str, namespace: dict[str, Any]) -> Callable[..., Any]:
    code = compile(ast.Module(list(bodies), []), "<mutant>", "exec")
    own = dict(namespace)
    exec(code, own)  # noqa: S102  # our own source, with one operator changed
    made: Callable[..., Any] = own[name]
    return made


def _edits(node: ast.AST) -> Iterator[tuple[str, Edit]]:
    if isinstance(node, ast.Compare):
        yield from _comparison(node)
    elif isinstance(node, ast.BoolOp):
        yield "and, or swapped", _swap_bool
        yield from _operands(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not dropped", _drop_not
    elif isinstance(node, ast.If | ast.IfExp) and not isinstance(node.test, ast.Compare | ast.UnaryOp):
        yield "condition turned round", _turn_test
    elif isinstance(node, ast.comprehension):
        yield from ((f"filter {at + 1} dropped", _drop("ifs", at)) for at in range(len(node.ifs)))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield | ast.YieldFrom):
        yield "yield left out", _silence


def _comparison(node: ast.Compare) -> Iterator[tuple[str, Edit]]:
    for at, op in enumerate(node.ops):
        for other in _TURNED[type(op)]:
            yield f"{type(op).__name__} became {other.__name__}", _set_op(at, other)
        right = node.comparators[at]
        if isinstance(right, ast.Constant) and type(right.value) is int:
            for by in (-1, 1):
                yield f"{right.value} off by {by:+d}", _shift(at, by)
        if isinstance(right, ast.Tuple | ast.Set | ast.List):
            yield from ((f"value {i + 1} of the list dropped", _drop_value(at, i)) for i in range(len(right.elts)))


def _operands(node: ast.BoolOp) -> Iterator[tuple[str, Edit]]:
    if len(node.values) > 2:  # of two, swapping tells the same
        yield from ((f"operand {at + 1} dropped", _drop("values", at)) for at in range(len(node.values)))


def _swap_bool(node: Node) -> None:
    node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()


def _drop_not(node: Node) -> None:
    node.op, node.operand = ast.Not(), ast.UnaryOp(ast.Not(), node.operand)


def _turn_test(node: Node) -> None:
    node.test = ast.UnaryOp(ast.Not(), node.test)


def _silence(node: Node) -> None:
    node.value = ast.BoolOp(ast.And(), [ast.Constant(value=False), node.value])  # still a generator


def _drop(field: str, at: int) -> Edit:
    def edit(node: Node) -> None:
        del getattr(node, field)[at]

    return edit


def _set_op(at: int, op: type[ast.cmpop]) -> Edit:
    def edit(node: Node) -> None:
        node.ops[at] = op()

    return edit


def _shift(at: int, by: int) -> Edit:
    def edit(node: Node) -> None:
        node.comparators[at].value += by

    return edit


def _drop_value(at: int, index: int) -> Edit:
    def edit(node: Node) -> None:
        del node.comparators[at].elts[index]

    return edit
