"""One look at a film is enough only where two more could not change what is told."""

from dataclasses import replace

import numpy as np
import pytest

from diagnosis.cnn.answer import told
from diagnosis.cnn.bundle import BundleCorrupt
from diagnosis.cnn.classifier import Classification, Classifier
from diagnosis.cnn.decision import triage
from diagnosis.cnn.evaluation.looks import looks_figures, reach_for_card
from diagnosis.cnn.uncertainty import ONE_LOOK, Reach, log_odds, settled
from tests.diagnosis.cnn.test_uncertainty import phantom

NARROW = Reach(up=0.0, down=0.0)
WIDE = Reach(up=60.0, down=60.0)


def within(reach: Reach, p_abnormal: float, random: np.random.Generator) -> list[float]:
    """Two looks that move an answer by no more than the reach, often by all of it."""
    shares = random.choice([0.0, 1.0, random.random()], size=2)
    moves = [reach.up * share if random.random() < 0.5 else -reach.down * share for share in shares]
    odds = log_odds(p_abnormal)
    return [float(1 / (1 + np.exp(-(odds + move)))) for move in moves]


def test_looks_within_the_reach_never_change_what_one_look_told() -> None:
    """Many answers, limits of the card and of a clinic, and looks as far as they were ever seen to go."""
    random = np.random.default_rng(0)
    once = 0
    for _ in range(20_000):
        bands = [tuple(sorted(random.choice([random.random(), 0.0, 1.0, 0.5], 2))) for _ in range(2)]
        reach = Reach(*random.exponential(1.5, size=2))
        p_abnormal = float(random.choice([random.random(), random.beta(0.1, 0.1), *bands[0]]))
        if reach.may_turn(p_abnormal, bands):
            continue
        once += 1
        others = within(reach, p_abnormal, random)
        for band in bands:
            alone = triage(p_abnormal, band)
            assert settled(alone, [triage(p, band) for p in (p_abnormal, *others)]) == alone
            probabilities = {"pneumonia": p_abnormal, "normal": 1.0 - p_abnormal}
            three = told(probabilities, [p_abnormal, *others], band=band, doubtful=False)
            assert told(probabilities, [p_abnormal], band=band, doubtful=False, reach=reach) == three
    assert once > 4000, "the rule was tried, not only avoided"


def test_another_look_is_asked_for_where_it_could_be_on_the_other_side() -> None:
    reach, band = Reach(up=2.0, down=1.0), (0.3, 0.7)
    assert not reach.may_turn(0.5, [band]), "unsure whatever other looks say"
    down = 1 / (1 + np.exp(-(log_odds(0.3) + 1.0)))  # as far above the lower limit as looks go down
    narrow = (0.3, 0.35)
    assert reach.may_turn(float(down) - 1e-6, [narrow])
    assert not reach.may_turn(float(down) + 1e-6, [narrow])
    up = 1 / (1 + np.exp(-(log_odds(0.7) - 2.0)))
    narrow = (0.65, 0.7)
    assert reach.may_turn(float(up) + 1e-6, [narrow])
    assert not reach.may_turn(float(up) - 1e-6, [narrow])


def test_every_band_that_counts_is_asked() -> None:
    reach = Reach(up=1.0, down=1.0)
    far, near = (0.01, 0.02), (0.86, 0.88)
    assert not reach.may_turn(0.9, [far])
    assert reach.may_turn(0.9, [far, near])


def test_one_look_that_other_limits_would_have_asked_again_is_left_to_a_person() -> None:
    probabilities = {"pneumonia": 0.9, "normal": 0.1}
    reach = Reach(up=1.0, down=1.0)
    assert told(probabilities, [0.9], band=(0.3, 0.5), doubtful=False, reach=reach)[1] == "pathological"
    assert told(probabilities, [0.9], band=(0.86, 0.88), doubtful=False, reach=reach)[1] == "unsure"
    assert told(probabilities, [0.9], band=(0.3, 0.5), doubtful=False)[1] == "unsure", "no reach is known"


def with_reach(shipped: Classifier, reach: Reach, *, average_looks: bool = False) -> Classifier:
    looks = {"up": reach.up, "down": reach.down}
    return Classifier(replace(shipped.bundle, card=shipped.bundle.card | {"looks": looks}), average_looks)


def without_looks(answer: Classification) -> dict[str, object]:
    left_out = ("uncertainty", "timings_ms", "activation_map")
    return {name: value for name, value in vars(answer).items() if name not in left_out}


def test_a_card_that_names_no_reach_has_every_film_looked_at_three_times(shipped: Classifier) -> None:
    card = {name: value for name, value in shipped.bundle.card.items() if name != "looks"}
    answer = Classifier(replace(shipped.bundle, card=card)).classify(phantom(), gate=False)
    assert len(answer.uncertainty["p_abnormal"]) == 3


def test_one_look_gives_the_answer_of_the_plain_one_and_claims_no_range(shipped: Classifier) -> None:
    three = with_reach(shipped, WIDE).classify(phantom(), gate=False)
    once = with_reach(shipped, NARROW).classify(phantom(), gate=False)
    assert len(three.uncertainty["p_abnormal"]) == 3
    assert without_looks(once) == without_looks(three)
    said = once.uncertainty
    assert said["method"] == ONE_LOOK
    assert said["p_abnormal"] == three.uncertainty["p_abnormal"][:1]
    assert not {"spread", "crosses_threshold"} & set(said)
    assert said["reach"] == {"up": 0.0, "down": 0.0}


def test_a_clinics_own_limits_ask_for_more_looks_than_the_cards(shipped: Classifier) -> None:
    once = with_reach(shipped, Reach(up=0.5, down=0.5))
    p_abnormal = once.classify(phantom(), gate=False).p_abnormal
    beside = (p_abnormal - 2e-3, p_abnormal - 1e-3)
    assert len(once.classify(phantom(), gate=False, bands=[beside]).uncertainty["p_abnormal"]) == 3


def test_the_mean_of_the_looks_needs_them_all(shipped: Classifier) -> None:
    averaged = with_reach(shipped, NARROW, average_looks=True)
    answer = averaged.classify(phantom(), gate=False)
    assert len(answer.uncertainty["p_abnormal"]) == 3
    assert answer.uncertainty["averaged"] is True


@pytest.mark.parametrize(
    "looks", [{"up": 1.0}, {"up": -1.0, "down": 1.0}, {"up": float("nan"), "down": 1.0}, 3]
)
def test_a_card_whose_reach_is_none_is_a_broken_bundle(shipped: Classifier, looks: object) -> None:
    with pytest.raises(BundleCorrupt):
        Classifier(replace(shipped.bundle, card=shipped.bundle.card | {"looks": looks}))


def test_the_reach_is_the_farthest_that_any_film_moved() -> None:
    looks = np.array([[0.5, 0.5, 0.8], [0.9, 0.6, 0.9], [0.2, 0.2, 0.2], [1.0, 1.0, 1.0]])
    assert reach_for_card(looks, split="val") == {}, "four films say nothing of the next one"
    reach = reach_for_card(np.tile(looks, (100, 1)), split="val")["looks"]
    assert reach["up"] == pytest.approx(log_odds(0.8))
    assert reach["down"] == pytest.approx(log_odds(0.9) - log_odds(0.6))
    assert (reach["films"], reach["split"]) == (400, "val")


def test_an_evaluation_counts_the_films_that_one_look_would_have_told_otherwise() -> None:
    card = {"unsure_band": {"lower": 0.3, "upper": 0.7}, "looks": {"up": 1.0, "down": 1.0}}
    looks = np.array([[0.9, 0.9, 0.1], [0.9, 0.9, 0.8], [0.1, 0.1, 0.2], [0.5, 0.9, 0.1]])
    found = looks_figures(looks, card)
    assert (found["films"], found["farther"], found["once"]) == (4, 2, 1.0)
    assert found["told_otherwise"] == 1, "the first; the last is unsure either way"
    unknown = looks_figures(looks, {"unsure_band": card["unsure_band"]})
    assert (unknown["farther"], unknown["once"], unknown["told_otherwise"]) == (None, None, None)
