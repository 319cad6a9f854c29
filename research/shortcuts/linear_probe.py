"""A linear probe: how well a name can be read from features, by scikit-learn's logistic regression."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

L2: Final = 0.05  # on standardised features; a tenth or ten times of it read the source about as well
STEPS: Final = 500
TOLERANCE: Final = 1e-5  # largest entry of the gradient; the loss of guessing is log(names)


def fit_probe(
    features: NDArray[np.floating], names: NDArray[np.integer], count: int, *, l2: float = L2
) -> Pipeline:
    """A probe that predicts numbers of names, 0 to count - 1, from features (n, d); fitted on names (n,).

    Every name weighs the same, however many films it has. Minimises the weighted mean of -log p plus
    l2 / 2 * |weights|^2, with a row of weights for each name. scikit-learn's C multiplies the other term and
    so is 1 / l2; of two names it keeps one row, the difference of theirs, on which the same ridge is half as
    hard. Raises ValueError where a name has no film.
    """
    films = np.bincount(names, minlength=count)
    if len(films) != count or not films.all():
        raise ValueError("a probe needs a film of every name")
    reader = LogisticRegression(C=(2 if count == 2 else 1) / l2, tol=TOLERANCE, max_iter=STEPS)
    weights = (1.0 / (count * films))[names]
    probe = make_pipeline(StandardScaler(), reader)
    return probe.fit(features.astype(np.float64), names, logisticregression__sample_weight=weights)
