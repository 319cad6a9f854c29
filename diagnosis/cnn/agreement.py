"""How far two readings of the same films agree, with intervals, and what is known of people's agreement.

Sources: kappa, Cohen 1960 (Educ Psychol Meas 20:37); weighted, Cohen 1968 (Psychol Bull 70:213); its
standard error, Fleiss, Cohen and Everitt 1969 (Psychol Bull 72:323). ICC(2,1): two-way random effects,
absolute agreement, one reader, Shrout and Fleiss 1979 (Psychol Bull 86:420); its interval, McGraw and Wong
1996 (Psychol Methods 1:30). Limits of agreement: Bland and Altman 1986 (Lancet 327:307).
"""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

from diagnosis.cnn.intervals import f_quantile

ENOUGH: Final = 30  # fewer readings say nothing that somebody should decide by
Z: Final = 1.959964  # of a 95 % interval
TAIL: Final = 0.975


@dataclass(frozen=True)
class Estimate:
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Limits:
    """Second minus first: the mean difference, and the limits within which 95 % of the differences lie."""

    bias: float
    low: float
    high: float


@dataclass(frozen=True)
class Scores:
    """Two readers' scores of the same films."""

    films: int
    first_mean: float
    second_mean: float
    exact: float
    within_one: float
    mean_error: float
    kappa: Estimate | None
    icc: Estimate | None
    limits: Limits


@dataclass(frozen=True)
class Human:
    """What two people reach: as printed, with its source."""

    measure: str
    readers: str
    value: str
    source: str


# Computed from the two readers of BrixIA's public annotations (192 films of the Cohen set, CC BY-NC-SA 4.0),
# or as published. One team, web-quality JPEGs: a band to compare with, no standard.
HUMANS: Final = (
    Human(
        "Zones 0–18, quadratic kappa",
        "2 radiologists, 192 films",
        "0.85 (0.82–0.89)",
        "public annotations of BrixIA",
    ),
    Human("Zones 0–18, ICC(2,1)", "2 radiologists, 192 films", "0.86", "public annotations of BrixIA"),
    Human("Zones 0–18, ICC", "2 readers, 332 films", "0.855 (0.794–0.895)", "Choridah"),
    Human(
        "Zones 0–18, mean absolute difference",
        "2 radiologists, 192 films",
        "1.94",
        "public annotations of BrixIA",
    ),
    Human(
        "Zones 0–18, limits of agreement",
        "2 radiologists, 192 films",
        "−0.8 (−5.7 to 4.2)",
        "public annotations of BrixIA",
    ),
    Human(
        "One zone 0–3, quadratic kappa",
        "2 radiologists, 1152 zones",
        "0.79 (0.76–0.82)",
        "public annotations of BrixIA",
    ),
    Human(
        "Zone involved, kappa",
        "2 radiologists, 1152 zones",
        "0.61 (0.56–0.65)",
        "public annotations of BrixIA",
    ),
)
HUMAN_LIMITS: Final = Limits(-0.79, -5.7, 4.2)


def confusion(
    first: Sequence[Hashable], second: Sequence[Hashable], labels: Sequence[Hashable]
) -> list[list[int]]:
    """How often each label of `first` (rows) met each of `second` (columns)."""
    seen = Counter(zip(first, second, strict=True))
    return [[seen[row, column] for column in labels] for row in labels]


def kappa(
    first: Sequence[Hashable],
    second: Sequence[Hashable],
    labels: Sequence[Hashable],
    *,
    quadratic: bool = False,
) -> Estimate | None:
    """Cohen's kappa, or with `quadratic` weights by the distance of the labels in their order.

    w(i, j) = 1 for agreement, else 0; quadratic 1 − (i − j)² / (k − 1)². With p the shares of the table,
    p_o = Σ w p, p_e = Σ w p_i. p_.j, kappa = (p_o − p_e) / (1 − p_e). None of nothing, or where chance
    alone agrees always, as with one label.
    """
    table = confusion(first, second, labels)
    films, span = sum(map(sum, table)), range(len(labels))
    if not films:
        return None
    shares = [[count / films for count in row] for row in table]
    rows, columns = [sum(row) for row in shares], [sum(row[j] for row in shares) for j in span]
    weights = [[_weight(i, j, len(labels), quadratic) for j in span] for i in span]
    observed = sum(weights[i][j] * shares[i][j] for i in span for j in span)
    expected = sum(weights[i][j] * rows[i] * columns[j] for i in span for j in span)
    if math.isclose(expected, 1):
        return None
    value = (observed - expected) / (1 - expected)
    by_row = [sum(columns[j] * weights[i][j] for j in span) for i in span]
    by_column = [sum(rows[i] * weights[i][j] for i in span) for j in span]
    spread = sum(
        shares[i][j] * (weights[i][j] - (by_row[i] + by_column[j]) * (1 - value)) ** 2
        for i in span
        for j in span
    )
    variance = (spread - (value - expected * (1 - value)) ** 2) / (films * (1 - expected) ** 2)
    half = Z * math.sqrt(max(0.0, variance))
    return Estimate(value, max(-1.0, value - half), min(1.0, value + half))


def _weight(i: int, j: int, labels: int, quadratic: bool) -> float:
    return 1 - (i - j) ** 2 / (labels - 1) ** 2 if quadratic and labels > 1 else float(i == j)


def icc(first: Sequence[float], second: Sequence[float]) -> Estimate | None:
    """ICC(2,1) of two readers with its 95 % interval; None of fewer than three films or without variance.

    From the mean squares of films (r), readers (c) and the rest (e), with k = 2 readers of n films:
    (r − e) / (r + (k − 1) e + k (c − e) / n).
    """
    films = len(first)
    if films < 3:
        return None
    of_films, of_readers, rest = _mean_squares(first, second)
    below = of_films + rest + 2 * (of_readers - rest) / films
    if below <= 0:
        return None
    value = (of_films - rest) / below
    if value >= 1 or rest == 0 == of_readers:
        return Estimate(value, value, value)
    a = 2 * value / (films * (1 - value))
    b = 1 + 2 * value * (films - 1) / (films * (1 - value))
    freedom = (a * of_readers + b * rest) ** 2 / (
        (a * of_readers) ** 2 + (b * rest) ** 2 / (films - 1)
    )  # Satterthwaite's
    lower, upper = f_quantile(TAIL, films - 1, freedom), f_quantile(TAIL, freedom, films - 1)
    common = 2 * of_readers + (films - 2) * rest
    return Estimate(
        value,
        films * (of_films - lower * rest) / (lower * common + films * of_films),
        films * (upper * of_films - rest) / (common + films * upper * of_films),
    )


def _mean_squares(first: Sequence[float], second: Sequence[float]) -> tuple[float, float, float]:
    """The mean squares of films, of readers and of the rest."""
    films = len(first)
    means = [(one + other) / 2 for one, other in zip(first, second, strict=True)]
    whole = sum(means) / films
    of_readers = films * sum((sum(side) / films - whole) ** 2 for side in (first, second))
    of_films = 2 * sum((mean - whole) ** 2 for mean in means)
    total = sum((value - whole) ** 2 for side in (first, second) for value in side)
    return of_films / (films - 1), of_readers, (total - of_films - of_readers) / (films - 1)


def limits_of_agreement(first: Sequence[float], second: Sequence[float]) -> Limits:
    """Mean of second − first, and mean ± 1.96 standard deviations of it; needs two films."""
    differences = [other - one for one, other in zip(first, second, strict=True)]
    bias = sum(differences) / len(differences)
    deviation = math.sqrt(sum((value - bias) ** 2 for value in differences) / (len(differences) - 1))
    return Limits(bias, bias - Z * deviation, bias + Z * deviation)


def scores(first: Sequence[int], second: Sequence[int], *, highest: int) -> Scores | None:
    """Everything about two readers' scores from 0 to `highest`; None of fewer than two films."""
    films = len(first)
    if films < 2:
        return None
    apart = [abs(one - other) for one, other in zip(first, second, strict=True)]
    return Scores(
        films=films,
        first_mean=sum(first) / films,
        second_mean=sum(second) / films,
        exact=sum(step == 0 for step in apart) / films,
        within_one=sum(step <= 1 for step in apart) / films,
        mean_error=sum(apart) / films,
        kappa=kappa(first, second, range(highest + 1), quadratic=True),
        icc=icc(first, second),
        limits=limits_of_agreement(first, second),
    )
