"""Formulas as text over arrays."""

import numpy as np
import pytest

from cloudless_mosaic.indices.formula import evaluate, names_of

N = np.array([0.4, 0.0, 0.3], np.float32)
R = np.array([0.1, 0.0, 0.3], np.float32)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("(N-R)/(N+R)", [0.6, np.nan, 0]),
        ("2.5*(N-R)+1", [1.75, 1, 1]),
        ("-N**2.0", [-0.16, 0, -0.09]),
        ("N**0.5", [0.4**0.5, 0, 0.3**0.5]),
        ("N**3", [0.064, 0, 0.027]),
        ("N/(N-R)", [4 / 3, np.nan, np.nan]),
        ("R**(N-R)", [0.1**0.3, 1, 1]),
    ],
)
def test_a_formula_is_evaluated_in_single_precision(formula, expected):
    value = evaluate(formula, {"N": N, "R": R})
    assert value.dtype == np.float32
    np.testing.assert_allclose(value, np.array(expected, np.float32), rtol=2e-7)


def test_equal_values_are_equal_bits():
    assert not np.signbit(evaluate("-1*(N-R)", {"N": R, "R": R})).any()


@pytest.mark.parametrize("formula", ["N.imag", "abs(N)", "N if R else R", "N @ R", "'a'", "X", "N,R", "[N]"])
def test_anything_else_is_not_evaluated(formula):
    with pytest.raises(ValueError, match="can't be evaluated"):
        evaluate(formula, {"N": N, "R": R})


def test_what_does_not_parse_is_not_a_formula():
    with pytest.raises(ValueError, match="is not a formula"):
        names_of("N-")


def test_names_come_in_the_order_of_the_formula():
    assert names_of("(N-R)/(N+R+L)") == ("N", "R", "L")
