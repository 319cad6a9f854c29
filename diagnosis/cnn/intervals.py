"""Exact intervals: of a share (Clopper and Pearson) and the quantiles of F that intervals of an ICC need.

Both follow from the regularised incomplete beta function, so that the portal needs no SciPy for them.
"""

import math
from collections.abc import Callable
from typing import Final

LEVEL: Final = 0.95
STEPS: Final = 300
TINY: Final = 1e-300
CLOSE: Final = 1e-14


def clopper_pearson(count: int, of: int) -> tuple[float, float]:
    """The exact 95 % interval of a share (Clopper and Pearson, Biometrika 1934;26:404); (0, 1) of nothing."""
    if not 0 <= count <= of:
        raise ValueError(f"{count} of {of} is no share.")
    tail = (1 - LEVEL) / 2
    low = 0.0 if count == 0 else beta_quantile(tail, count, of - count + 1)
    high = 1.0 if count == of else beta_quantile(1 - tail, count + 1, of - count)
    return low, high


def f_quantile(share: float, above: float, below: float) -> float:
    """The value that F with (above, below) degrees of freedom stays under with this probability."""
    at = beta_quantile(share, above / 2, below / 2)
    return below * at / (above * (1 - at)) if at < 1 else math.inf


def beta_quantile(share: float, a: float, b: float) -> float:
    """The x with I_x(a, b) = share, by bisection: I_x rises with x."""
    low, high = 0.0, 1.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        if incomplete_beta(middle, a, b) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def incomplete_beta(x: float, a: float, b: float) -> float:
    """I_x(a, b), regularised, by its continued fraction (DLMF 8.17.22), summed as Lentz does."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):  # where the fraction converges slowly its mirror image does not
        return 1 - incomplete_beta(1 - x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    return front / (a * _lentz(lambda step: _term(step, x, a, b)))


def _term(step: int, x: float, a: float, b: float) -> float:
    """The numerator of a step of the fraction, from the first on."""
    half, odd = divmod(step, 2)
    if odd:
        return -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
    return half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))


def _lentz(term: Callable[[int], float]) -> float:
    """1 + t1/(1 + t2/(1 + …)) by the modified method of Lentz."""
    value, upper, lower = 1.0, 1.0, 0.0
    for step in range(1, STEPS):
        lower = 1 / ((1 + term(step) * lower) or TINY)
        upper = (1 + term(step) / upper) or TINY
        value *= upper * lower
        if abs(upper * lower - 1) < CLOSE:
            break
    return value
