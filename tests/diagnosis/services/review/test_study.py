"""One signature closes a study of several films."""

from dataclasses import replace

import pytest

from diagnosis.models import Decision, Review, Scan, ScanStatus, StudyState
from diagnosis.services import lifecycle, review
from diagnosis.services.review import Structured
from tests.conftest import Cast
from tests.diagnosis.services.review.pressing import as_shown, words_of
from tests.films import analysed_scan, queued_scan

pytestmark = pytest.mark.django_db


@pytest.fixture
def films(cast: Cast) -> list[Scan]:
    """Of one study: one that the network told, one that waits, one that it refused."""
    told = analysed_scan(cast.clinic_a, cast.doctor)
    waiting = queued_scan(cast.clinic_a, cast.doctor, number="P-8", seed=8)
    refused = queued_scan(cast.clinic_a, cast.doctor, number="P-9", seed=9)
    Scan.objects.filter(pk__in=(waiting.pk, refused.pk)).update(study=told.study)
    Scan.objects.filter(pk=refused.pk).update(status=ScanStatus.REFUSED, reason_code="lateral")
    return [Scan.objects.select_related("study").get(pk=scan.pk) for scan in (told, waiting, refused)]


def test_films_refused_or_waiting_are_signed_in_the_same_act(films: list[Scan], cast: Cast) -> None:
    study = films[0].study
    structured = Structured(further=[{"code": "effusion", "side": "left", "text": ""}])
    told = films[0].predictions.get().shown_finding
    signed = review.sign_study(
        study=study, doctor=cast.doctor, words=words_of(study, told, structured=structured)
    )
    assert [one.decision for one in signed] == [Decision.AGREE, Decision.READ, Decision.READ]
    assert {one.signature for one in signed} == {signed[0].signature} != {None}
    assert all(one.further_words == ["Effusion, left"] for one in signed)
    study.refresh_from_db()
    assert (study.state, study.films_read) == (StudyState.REVIEWED, 3)


def test_a_film_with_its_own_word_has_that_alone(films: list[Scan], cast: Cast) -> None:
    study = films[0].study
    own = as_shown(films[2], finding="normal")
    words = words_of(
        study, films=(as_shown(films[0]), as_shown(films[1]), own), structured=Structured(zones={"A": 2})
    )
    of_first, _, of_third = review.sign_study(study=study, doctor=cast.doctor, words=words)
    assert (of_third.finding, of_third.zones) == ("normal", {})
    assert (of_first.finding, of_first.zones) == ("covid19", {"A": 2})


def test_a_signed_film_keeps_its_word_while_others_are_unread(films: list[Scan], cast: Cast) -> None:
    study = films[0].study
    review.sign_off(scan=films[1], prediction=None, doctor=cast.colleague, decision="read", finding="other")
    assert len(review.sign_study(study=study, doctor=cast.doctor, words=words_of(study))) == 2
    assert films[1].reviews.get().doctor == cast.colleague
    amended = review.sign_study(study=study, doctor=cast.doctor, words=words_of(study, "pneumonia"))
    assert len(amended) == 3, "once all are read, it is a correction of all"


@pytest.mark.parametrize("change", ["dismissed", "added", "signed", "moved"])
def test_what_the_page_did_not_show_is_told_and_nothing_is_signed(
    films: list[Scan], cast: Cast, change: str
) -> None:
    study, words = films[0].study, words_of(films[0].study)
    if change == "dismissed":
        lifecycle.set_aside(scan=films[2], actor=cast.technician, reason="twice")
    elif change == "signed":
        review.sign_off(
            scan=films[1], prediction=None, doctor=cast.colleague, decision="read", finding="other"
        )
    else:
        other = queued_scan(cast.clinic_a, cast.doctor, number="P-7", seed=7)
        moved, to = (other, study) if change == "added" else (films[2], other.study)
        Scan.objects.filter(pk=moved.pk).update(study=to)
    before = Review.objects.count()
    with pytest.raises(review.ReviewRefused, match="after you"):
        review.sign_study(study=study, doctor=cast.doctor, words=words)
    assert Review.objects.count() == before


@pytest.mark.parametrize(
    ("structured", "field"),
    [
        (Structured(further=[{"code": "other", "side": "", "text": ""}]), "further_text"),
        (Structured(further=[{"code": "pneumothorax", "side": "", "text": ""}]), "further"),
        (Structured(zones={"B": 1}), "zones"),
        (Structured(zones={"B": 7}), "zones"),
    ],
)
def test_a_word_that_contradicts_itself_is_refused(
    films: list[Scan], cast: Cast, structured: Structured, field: str
) -> None:
    study = films[0].study
    with pytest.raises(review.ReviewRefused) as refused:
        review.sign_study(
            study=study, doctor=cast.doctor, words=words_of(study, "normal", structured=structured)
        )
    assert refused.value.field == field


def test_a_form_that_names_another_finding_than_the_networks_is_not_taken_for_agreement(
    films: list[Scan], cast: Cast
) -> None:
    told = films[0].predictions.get().shown_finding
    other = next(finding for finding in ("normal", "covid19") if finding != told)
    shown = (replace(as_shown(films[0]), told=other), as_shown(films[1]), as_shown(films[2]))
    with pytest.raises(review.ResultChanged):
        review.sign_study(
            study=films[0].study, doctor=cast.doctor, words=words_of(films[0].study, other, films=shown)
        )
