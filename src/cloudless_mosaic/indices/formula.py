"""Formulas of spectral indices as text, evaluated over arrays in single precision."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Value = Floats | np.float32

_OPERATORS: dict[type[ast.operator], Callable[[Value, Value], Value]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def names_of(formula: str) -> tuple[str, ...]:
    """The names in a formula, each once.

    Raises:
        ValueError: if it isn't one.
    """
    names = (node.id for node in ast.walk(_parsed(formula)) if isinstance(node, ast.Name))
    return tuple(dict.fromkeys(names))


def evaluate(formula: str, values: Mapping[str, Value]) -> Floats:
    """A formula over arrays; NaN where it has no finite value.

    Args:
        formula: Numbers, names, parentheses and the operators ``+ - * / **``.
        values: Arrays of one shape, float32, or numbers, by name.

    Raises:
        ValueError: if it has anything else in it.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        result = np.asarray(_value(_parsed(formula), values), np.float32)
    # one zero, so that equal values are equal bits
    return np.where(np.isfinite(result), result + np.float32(0), np.float32(np.nan))


def _parsed(formula: str) -> ast.expr:
    try:
        return ast.parse(formula, mode="eval").body
    except SyntaxError:
        raise ValueError(f"{formula!r} is not a formula") from None


def _value(node: ast.expr, values: Mapping[str, Value]) -> Value:
    match node:
        case ast.Constant(value=int() | float() as number):
            return np.float32(number)
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, values)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_value(left, values), _value(right, values))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(left, values), _value(right, values))
    raise ValueError(f"{ast.unparse(node)!r} can't be evaluated in the formula of an index")


def _power(base: Value, exponent: Value) -> Value:
    """Squares and roots by operations that are rounded correctly everywhere, other powers in float64."""
    if exponent.ndim == 0 and exponent == 2:
        return base * base
    if exponent.ndim == 0 and exponent == np.float32(0.5):
        return np.sqrt(base)
    return np.asarray(np.power(base, exponent, dtype=np.float64), np.float32)
