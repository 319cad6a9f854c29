"""What is told of a film follows from the limits in force that day, and later limits never add to it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import SettingsWrapper

from diagnosis import tasks
from diagnosis.models import OperatingPoint, Origin, Prediction, Scan, Standing, Study
from diagnosis.services import limits, standing, worklist
from diagnosis.views.contexts.paging import first_in_line
from tests.conftest import Cast
from tests.films import accepted, model_version, predict, promoted, queued_scan


@pytest.fixture
def doctor_client(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.doctor, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return queued_scan(cast.clinic_a, cast.doctor)


def stored(prediction: Prediction) -> Prediction:
    return Prediction.objects.select_related("limits").get(pk=prediction.pk)


@pytest.mark.parametrize(("score", "own"), [(0.95, "pathological"), (0.05, "normal")])
def test_on_probation_a_film_is_unsure_whatever_the_network_says(scan: Scan, score: float, own: str) -> None:
    prediction = stored(predict(scan, p_covid19=0.0, p_pneumonia=score, limits=None))
    study = Study.objects.get(pk=scan.study_id)
    assert (prediction.triage, prediction.shown_triage, prediction.standing) == (own, "unsure", "probation")
    assert (study.network_triage, study.network_standing) == ("unsure", "probation")
    assert study.rank == worklist.RANK_UNSURE


def test_on_probation_the_worklist_follows_the_score_and_not_the_wait(cast: Cast) -> None:
    scores = (0.1, 0.97, 0.5, 0.98)
    for number, score in enumerate(scores):
        film = queued_scan(cast.clinic_a, cast.doctor, number=f"P-{number}", seed=number)
        predict(film, p_covid19=0.0, p_pneumonia=score, limits=None)
    studies, found = Study.objects.all(), []
    while (first := first_in_line(studies)) is not None:
        found.append(round(1 - first.scans.get().predictions.get().p_normal, 2))
        studies = studies.exclude(pk=first.pk)
    assert found == sorted(scores, reverse=True)


def test_a_film_that_is_doubtful_in_itself_has_no_score_to_go_by(cast: Cast) -> None:
    clear = queued_scan(cast.clinic_a, cast.doctor)
    predict(clear, p_covid19=0.0, p_pneumonia=0.99, limits=None)
    strange = queued_scan(cast.clinic_a, cast.doctor, number="P-2", seed=1)
    predict(strange, p_covid19=0.0, p_pneumonia=0.1, looks=(0.1, 0.1), unfamiliar=True, limits=None)
    assert first_in_line(Study.objects.all()) == strange.study


def test_where_limits_count_the_longest_wait_stays_first(cast: Cast) -> None:
    for number, score in enumerate((0.4, 0.55)):
        film = queued_scan(cast.clinic_a, cast.doctor, number=f"P-{number}", seed=number)
        predict(film, p_covid19=0.0, p_pneumonia=score)
    assert {study.place for study in Study.objects.all()} == {0}


def test_limits_that_come_later_leave_what_was_told(cast: Cast, scan: Scan) -> None:
    prediction = predict(scan, p_covid19=0.0, p_pneumonia=0.95, limits=None)
    accepted(cast.clinic_a, prediction.model_version)
    worklist.refresh(worklist.lock(scan.study_id))
    assert stored(prediction).shown_triage == "unsure"
    assert Study.objects.get(pk=scan.study_id).network_standing == "probation"


def test_what_was_told_by_limits_that_have_run_out_stays_and_the_next_film_is_on_probation(
    cast: Cast, scan: Scan
) -> None:
    prediction = predict(scan, p_covid19=0.0, p_pneumonia=0.95)
    OperatingPoint.objects.update(in_force_until=timezone.now() - timedelta(seconds=1))
    assert stored(prediction).shown_triage == "pathological"
    model = prediction.model_version
    assert standing.in_force(clinic_id=cast.clinic_a.pk, model_version=model) is None
    assert standing.of_clinic(clinic=cast.clinic_a, model_version=model) == Standing.PROBATION


def test_limits_withdrawn_take_their_decisions_back_and_say_what_was_told(cast: Cast, scan: Scan) -> None:
    prediction = predict(scan, p_covid19=0.0, p_pneumonia=0.05)
    point = OperatingPoint.objects.get()
    assert Study.objects.get(pk=scan.study_id).rank == worklist.RANK_NORMAL
    limits.withdraw(point=point, person=cast.doctor, reason="Two missed pneumonias.")
    said = stored(prediction)
    assert (said.shown_triage, said.standing) == ("unsure", "withdrawn")
    words = standing.in_words(said)
    assert words.startswith("Limits withdrawn by Doctor Test on ")
    assert words.endswith(": Two missed pneumonias. Earlier, this film was told as “normal”.")
    study = Study.objects.get(pk=scan.study_id)
    assert (study.network_triage, study.network_standing, study.rank) == (
        "unsure",
        "withdrawn",
        worklist.RANK_UNSURE,
    )
    assert (study.network_finding, study.network_probability) == ("", None)
    assert study.place == 0, "before the others, until it is put in its order"
    limits.put_in_order(seconds=5)
    assert Study.objects.get(pk=scan.study_id).place > 0


def test_studies_of_withdrawn_limits_are_put_in_order_portion_by_portion(
    cast: Cast, doctor_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        film = queued_scan(cast.clinic_a, cast.doctor, number=f"P-{number}", seed=number)
        predict(film, p_covid19=0.0, p_pneumonia=0.05 + number / 100)
    refreshed: list[int] = []
    refresh = worklist.refresh
    monkeypatch.setattr(worklist, "refresh", lambda study: (refreshed.append(study.pk), refresh(study)))
    limits.withdraw(point=OperatingPoint.objects.get(), person=cast.doctor, reason="Wrong films")
    assert not refreshed, "the request does not wait for it"
    assert {study.network_triage for study in Study.objects.all()} == {"unsure"}
    assert "their order is being made anew" in doctor_client.get("/worklist/").content.decode()
    monkeypatch.setattr(limits, "PORTION", 2)
    monkeypatch.setattr(limits, "monotonic", iter([0, 0, 9, 10, 10, 11, 20]).__next__)
    assert limits.put_in_order(seconds=5) == 2, "time is over after the first portion"
    assert limits.being_ordered(clinic=cast.clinic_a)
    assert limits.put_in_order(seconds=5) == 1
    assert sorted(refreshed) == sorted(Study.objects.values_list("pk", flat=True))
    assert not limits.being_ordered(clinic=cast.clinic_a)
    assert "being made anew" not in doctor_client.get("/worklist/").content.decode()


def test_beat_puts_worklists_in_order(cast: Cast, scan: Scan, settings: SettingsWrapper) -> None:
    predict(scan, p_covid19=0.0, p_pneumonia=0.05)
    limits.withdraw(point=OperatingPoint.objects.get(), person=cast.doctor, reason="Wrong films")
    entry = settings.CELERY_BEAT_SCHEDULE["order worklists"]
    assert settings.CELERY_TASK_ROUTES[entry["task"]] == {"queue": "upkeep"}
    assert tasks.order_worklists.name == entry["task"]
    tasks.order_worklists()
    assert Study.objects.get(pk=scan.study_id).place > 0


def test_whoever_asks_what_changed_hears_of_limits_withdrawn_whatever_stops_the_rest(
    cast: Cast, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict(scan, p_covid19=0.0, p_pneumonia=0.05)
    before = Study.objects.get().changed_at
    monkeypatch.setattr(worklist, "refresh", lambda study: None)  # the process that was to do it is gone
    limits.withdraw(point=OperatingPoint.objects.get(), person=cast.doctor, reason="Wrong films")
    study = Study.objects.get()
    assert (study.network_triage, study.rank) == ("unsure", worklist.RANK_UNSURE)
    assert study.changed_at > before


def test_a_film_that_other_limits_call_pathological_does_not_sink_meanwhile(
    cast: Cast, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict(scan, p_covid19=0.0, p_pneumonia=0.05)
    old = OperatingPoint.objects.get()
    promoted("2.0.0")
    predict(scan, p_covid19=0.0, p_pneumonia=0.95, version="2.0.0")
    seen: list[tuple[int, str]] = []
    refresh = worklist.refresh

    def watched(study: Study) -> None:
        seen.append((study.rank, study.network_standing))
        refresh(study)

    monkeypatch.setattr(worklist, "refresh", watched)
    limits.withdraw(point=old, person=cast.doctor, reason="Wrong films")
    assert seen == [(worklist.RANK_PATHOLOGICAL, "elsewhere")], "before the transaction ended"
    limits.put_in_order(seconds=5)
    assert Study.objects.get().rank == worklist.RANK_PATHOLOGICAL


def test_older_limits_do_not_come_back_when_the_newest_are_withdrawn(cast: Cast) -> None:
    model = model_version()
    old = accepted(cast.clinic_a, model)
    new = OperatingPoint.objects.create(
        clinic=cast.clinic_a,
        model_version=model,
        origin=Origin.HERE,
        normal_below=0.2,
        pathological_from=0.7,
        in_force_from=timezone.now(),
        in_force_until=timezone.now() + timedelta(days=1),
    )
    assert standing.in_force(clinic_id=cast.clinic_a.pk, model_version=model) == new
    limits.withdraw(point=new, person=cast.doctor, reason="Wrong films")
    assert standing.counts(old)
    assert standing.in_force(clinic_id=cast.clinic_a.pk, model_version=model) is None


def test_limits_count_for_their_version_and_their_clinic_alone(cast: Cast) -> None:
    accepted(cast.clinic_a, model_version())
    newer = promoted("2.0.0")
    for clinic, model in ((cast.clinic_a, newer), (cast.clinic_b, model_version())):
        assert standing.of_clinic(clinic=clinic, model_version=model) == Standing.PROBATION
    assert standing.of_clinic(clinic=cast.clinic_a, model_version=model_version()) == Standing.ELSEWHERE


def test_a_film_is_told_by_its_clinics_limits_and_not_by_those_of_the_card(cast: Cast, scan: Scan) -> None:
    point = accepted(cast.clinic_a, model_version())
    OperatingPoint.objects.update(normal_below=0.05, pathological_from=0.98)
    point.refresh_from_db()
    prediction = predict(scan, p_covid19=0.0, p_pneumonia=0.95, limits=point)
    assert (prediction.triage, prediction.shown_triage) == ("pathological", "unsure")
