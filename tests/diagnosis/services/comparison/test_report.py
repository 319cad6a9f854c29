"""The report tells films, answers, readers, clinics, errors and time, and when it is enough."""

from collections.abc import Callable

import pytest
from pytest_django.fixtures import SettingsWrapper

from diagnosis.models import ModelVersion, Scan
from diagnosis.models.shadow import Outcome
from diagnosis.services import comparison
from diagnosis.services.comparison import words
from tests.conftest import Cast
from tests.films import analysed_scan, model_version, predict, queued_scan
from tests.shadows import named_candidate, read_blind, shadowed

SICK = {"p_abnormal": 0.9, "triage": "pathological"}


@pytest.fixture
def candidate(db: None) -> ModelVersion:
    model_version()
    return named_candidate()


@pytest.fixture
def film(cast: Cast) -> Callable[[], Scan]:
    """Another film of clinic A that the active network calls pathological at 80 %."""
    seeds = iter(range(100))

    def another() -> Scan:
        return analysed_scan(cast.clinic_a, cast.doctor, seed=next(seeds))

    return another


def report(candidate: ModelVersion) -> dict:
    return comparison.compared(candidate, ModelVersion.objects.get(active=True))


def test_each_film_is_counted_where_it_belongs(
    candidate: ModelVersion, film: Callable[[], Scan], cast: Cast
) -> None:
    read_blind(shadowed(film(), candidate), cast.doctor, "normal")
    read_blind(shadowed(film(), candidate), cast.doctor, "covid19")
    read_blind(shadowed(film(), candidate), cast.doctor, "cannot_say")
    shadowed(film(), candidate)
    read_blind(shadowed(film(), candidate, **SICK), cast.doctor, "other")
    read_blind(shadowed(film(), candidate, **SICK), cast.doctor, "normal")
    shadowed(film(), candidate, p_abnormal=0.6, triage="unsure")
    shadowed(film(), candidate, outcome=Outcome.REFUSED)
    shadowed(film(), candidate, outcome=Outcome.FAILED)
    theirs = queued_scan(cast.clinic_b, cast.stranger, seed=99)
    predict(theirs)
    shadowed(theirs, candidate)
    found = report(candidate)
    assert (found["seen"], found["answered"], found["failed"]) == (10, 8, 1)
    assert found["agreement"]["pathological"] == {
        "pathological": 2, "unsure": 1, "normal": 5, "refused": 1,
    }  # fmt: skip
    differ = found["disagreements"]
    assert {name: differ[name] for name in ("films", "read", "candidate", "active", "cannot_say")} == {
        "films": 5, "read": 3, "candidate": 1, "active": 1, "cannot_say": 1,
    }  # fmt: skip
    assert differ["with_candidate"]["of"] == 2, "who could not say took no side"
    assert (found["agreements"]["both"], found["agreements"]["neither"]) == (1, 1)
    assert [(one["clinic"], one["seen"], one["disagreements"]["films"]) for one in found["clinics"]] == [
        ("Clinic A", 9, 4),
        ("Clinic B", 1, 1),
    ]
    assert (found["unsure"]["candidate"]["count"], found["unsure"]["candidate"]["of"]) == (1, 9)
    assert found["refused"]["candidate"]["count"] == 1
    assert found["milliseconds"] == {"active": 7.0, "candidate": 11.0}
    text = "\n".join(comparison.lines(found))
    assert "Disagreements: 5, of which 3 were read blind" in text
    assert "Clinic B: 1 films, 1 disagreements" in text


def test_a_film_that_the_active_network_refused_counts_as_that(candidate: ModelVersion, cast: Cast) -> None:
    shadowed(queued_scan(cast.clinic_a, cast.doctor), candidate)
    found = report(candidate)
    assert found["agreement"]["refused"]["normal"] == 1
    assert (found["answered"], found["refused"]["active"]["count"]) == (0, 1)


def test_what_was_seen_beside_an_earlier_network_says_nothing_of_this_one(
    candidate: ModelVersion, film: Callable[[], Scan]
) -> None:
    shadowed(film(), candidate)
    ModelVersion.objects.filter(active=True).update(active=None)
    assert comparison.compared(candidate, model_version("2.0.0")) == {}


def test_intervals_are_wilsons(candidate: ModelVersion) -> None:
    from diagnosis.services.comparison.report import share

    assert share(8, 10) == {"count": 8, "of": 10, "value": 0.8, "low": 0.4902, "high": 0.9433}
    assert share(0, 0)["low"] is None


def test_thirty_reads_are_needed_and_fewer_only_after_many_films(
    candidate: ModelVersion, film: Callable[[], Scan], cast: Cast, settings: SettingsWrapper,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    settings.BLIND_READS_NEEDED = 2
    assert "make it the candidate first" in comparison.shortfall({})
    read_blind(shadowed(film(), candidate), cast.doctor, "normal")
    unclear = shadowed(film(), candidate)
    read_blind(unclear, cast.doctor, "cannot_say")
    assert "a blind reader said normal or abnormal of 1 (" in comparison.shortfall(report(candidate)), (
        "no side was taken"
    )
    monkeypatch.setattr(words, "ENOUGH_FILMS", 2)
    assert comparison.shortfall(report(candidate)) == "", "each of the two that differ was read"
    later = shadowed(film(), candidate)
    short = comparison.shortfall(report(candidate))
    assert short.startswith("Of 3 disagreements in 3 films, a blind reader said normal or abnormal of 1 (")
    assert short.endswith("2 with such a word are needed.")
    monkeypatch.undo()
    read_blind(later, cast.doctor, "normal")
    assert comparison.shortfall(report(candidate)) == ""


def test_drawn_films_count_in_no_comparison(
    candidate: ModelVersion, film: Callable[[], Scan], cast: Cast
) -> None:
    read_blind(shadowed(film(), candidate, drawn=True), cast.doctor, "normal")
    assert report(candidate) == {}
    shadowed(film(), candidate)
    assert (report(candidate)["seen"], report(candidate)["disagreements"]["read"]) == (1, 0)
