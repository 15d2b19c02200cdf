"""Small changes to the source of a reference answer, each of which a check must tell apart."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
OPERATORS = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Mult),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div, ast.Mult),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}
FUNCTIONS = {
    "mean": ("sum", "max"),
    "sum": ("mean", "max"),
    "min": ("max",),
    "max": ("min",),
    "median": ("mean",),
    "std": ("var",),
    "log1p": ("log10",),
    "log": ("log2",),
    "log10": ("log",),
    "round": ("int",),
    "zeros": ("ones",),
    "sigmoid": ("tanh",),
    "softmax": ("sigmoid",),
    "LeakyReLU": ("ReLU",),
    "MaxPool2d": ("AvgPool2d",),
}


def changed(node: ast.AST, names: set[str]) -> Iterator[ast.AST | None]:
    """Other versions of a node; None stands for leaving a statement out."""
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], COMPARISONS):
        for other in COMPARISONS:
            if not isinstance(node.ops[0], other):
                yield ast.Compare(node.left, [other(), *node.ops[1:]], node.comparators)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        for other in dict.fromkeys((node.value + 1, node.value - 1, 0)):
            if other != node.value:
                yield ast.Constant(other)
    elif isinstance(node, (ast.BinOp, ast.BoolOp, ast.AugAssign)):
        for other in OPERATORS.get(type(node.op), ()):
            yield copy_with(node, op=other())
        if isinstance(node, ast.BinOp):
            yield from (node.left, node.right)
        if isinstance(node, ast.AugAssign):
            yield ast.Assign([node.target], node.value)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)
        yield ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
        for other in sorted(names - {node.id}):
            yield ast.Name(other, ast.Load())
    elif isinstance(node, ast.Call):
        yield from changed_calls(node)
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        yield ast.Return(ast.Tuple(node.value.elts[::-1], ast.Load()))
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    if isinstance(node, (ast.Expr, ast.Assign, ast.AugAssign, ast.For, ast.If)) and not docstring:
        yield None
    if isinstance(node, ast.Slice):
        for edge in ("lower", "upper"):
            if (bound := getattr(node, edge)) is not None:
                yield from (copy_with(node, **{edge: other}) for other in beside(bound))
                yield copy_with(node, **{edge: None})


def changed_calls(node: ast.Call) -> Iterator[ast.AST]:
    """A call with another function, without one of its arguments, with two of them swapped."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    for other in FUNCTIONS.get(name, ()):
        field = {"attr": other} if isinstance(node.func, ast.Attribute) else {"id": other}
        yield copy_with(node, func=copy_with(node.func, **field))
    for number in range(len(node.keywords)):
        yield copy_with(node, keywords=node.keywords[:number] + node.keywords[number + 1 :])
        if node.keywords[number].arg == "axis":
            keyword = ast.keyword("axis", ast.Constant(None))
            keywords = [*node.keywords[:number], keyword, *node.keywords[number + 1 :]]
            yield copy_with(node, keywords=keywords)
    if len(node.args) > 1:
        for number in range(len(node.args)):
            yield copy_with(node, args=node.args[:number] + node.args[number + 1 :])
        if name not in ("max", "min"):
            yield copy_with(node, args=[node.args[1], node.args[0], *node.args[2:]])
    if name == "range":
        for number, bound in enumerate(node.args):
            for other in beside(bound):
                args = [*node.args[:number], other, *node.args[number + 1 :]]
                yield copy_with(node, args=args)
    if isinstance(node.func, ast.Attribute) and not node.args:  # x.copy() becomes x
        yield node.func.value


def beside(bound: ast.expr) -> Iterator[ast.expr]:
    """A bound, off by one."""
    for operator in (ast.Add(), ast.Sub()):
        yield ast.BinOp(bound, operator, ast.Constant(1))


def copy_with(node: ast.AST, **fields) -> ast.AST:
    """A shallow copy of a node with some of its fields replaced."""
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def mutants(source: str) -> dict[str, str]:
    """Every change of a source by its description, each with the changed source."""
    tree = ast.parse(source)
    plain = ast.unparse(tree)
    names = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    found: dict[str, str] = {}
    for number, node in enumerate(ast.walk(tree)):
        for other in changed(node, names):
            replacement = ast.fix_missing_locations(ast.Pass() if other is None else other)
            text = ast.unparse(ast.fix_missing_locations(Replace(number, replacement).apply(tree)))
            if text != plain and text not in found.values():
                old, new = (" ".join(ast.unparse(part).split()) for part in (node, replacement))
                description = f"{old} → {new}"
                while description in found:
                    description += " (again)"
                found[description] = text
    return found


class Replace(ast.NodeTransformer):
    """Puts another node into the place of the node with a number, in the order of `ast.walk`."""

    def __init__(self, number: int, replacement: ast.AST) -> None:
        self.number, self.replacement = number, replacement

    def apply(self, tree: ast.Module) -> ast.Module:
        tree = copy.deepcopy(tree)
        self.target = next(node for i, node in enumerate(ast.walk(tree)) if i == self.number)
        return self.visit(tree)

    def visit(self, node: ast.AST) -> ast.AST:
        return copy.deepcopy(self.replacement) if node is self.target else self.generic_visit(node)
