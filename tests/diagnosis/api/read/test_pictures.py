"""A clinic's computer fetches what the pages show: picture, heatmap and reviews, each look on record."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from accounts import tokens
from accounts.models import AuditEvent, Scope
from diagnosis.models import Study
from diagnosis.services import studies
from tests import films
from tests.conftest import Cast
from tests.diagnosis.api.conftest import STUDIES, Computer
from tests.diagnosis.api.problems import assert_problem
from tests.diagnosis.api.read.address import url
from tests.diagnosis.services.report.papers import sign


def test_picture_and_heatmap_are_fetched_where_the_study_says(cast: Cast, computer: Computer) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    assert computer.read(f"/api/v1/films/{scan.public_id}/display/").status_code == 200
    event = AuditEvent.objects.latest("sequence")
    assert (event.action, event.study_id) == ("study.viewed", str(scan.study.public_id))
    film = computer.read(url(scan.study)).json()["films"][0]
    for address, media_type, stored in (
        (film["display"], "image/jpeg", scan.display),
        (film["prediction"]["heatmap"], "image/png", scan.predictions.get().heatmap),
    ):
        answer = computer.read(address)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, media_type)
        assert b"".join(answer.streaming_content) == (Path(settings.DATA_DIR) / stored).read_bytes()
        assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_heatmap_that_would_lie_wrongly_is_not_there(cast: Cast, computer: Computer) -> None:
    scan = films.queued_scan(cast.clinic_a, cast.doctor)
    prediction = films.predict(scan, corrections=["inverted"])
    assert computer.read(f"/api/v1/predictions/{prediction.public_id}/heatmap/").status_code == 200
    scan.shown_corrections = []  # as it came: somebody undid what the network saw
    scan.save()
    assert_problem(computer.read(f"/api/v1/predictions/{prediction.public_id}/heatmap/"), 404, "no_heatmap")


def test_a_film_without_a_picture_says_why(cast: Cast, computer: Computer) -> None:
    scan = films.queued_scan(cast.clinic_a, cast.doctor)
    assert computer.read(url(scan.study)).json()["films"][0]["display"] is None
    assert_problem(computer.read(f"/api/v1/films/{scan.public_id}/display/"), 404, "no_picture")


def test_reviews_are_told_by_film_with_what_was_replaced(cast: Cast, computer: Computer) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    sign(scan, cast.doctor, "covid19")
    sign(scan, cast.colleague, "normal")
    told = computer.read(f"{url(scan.study)}reviews/").json()["films"]
    assert [film["film"] for film in told] == [str(scan.public_id)]
    assert [review["finding"] for review in told[0]["reviews"]] == ["normal", "covid19"]
    assert computer.read(f"/api/v1/films/{scan.public_id}/reviews/").json() == told[0]


def test_nothing_of_another_clinic_is_there(cast: Cast, their_computer: Computer) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    for address in (
        f"/api/v1/films/{scan.public_id}/display/",
        f"/api/v1/films/{scan.public_id}/reviews/",
        f"/api/v1/predictions/{scan.predictions.get().public_id}/heatmap/",
        f"{url(scan.study)}reviews/",
    ):
        assert_problem(their_computer.read(address), 404)


def test_a_walk_through_the_pages_leaves_nothing_out_while_studies_change(
    cast: Cast, computer: Computer
) -> None:
    made = [films.queued_scan(cast.clinic_a, cast.doctor, seed=seed).study for seed in range(6)]
    address, seen, resumes = f"{STUDIES}?limit=2", [], set()
    while address:
        page = computer.read(address).json()
        seen += [(study["id"], study["changed_at"]) for study in page["studies"]]
        resumes.add(page["resume_from"])
        if len(seen) == 2:
            studies.update_study(study=made[0], actor=cast.doctor, reason="listed already")
            studies.update_study(study=made[3], actor=cast.doctor, reason="not listed yet")
        address = page["next"]
    assert {study for study, _ in seen} == {str(study.public_id) for study in made}
    assert len(set(seen)) == len(seen), "the same state of a study is listed once"
    assert [study for study, _ in seen[-2:]] == [str(made[0].public_id), str(made[3].public_id)]
    (resume,) = resumes
    assert timezone.now() - timezone.datetime.fromisoformat(resume) > timedelta(minutes=1)


@pytest.mark.only_on("sqlite")
def test_what_changed_since_is_found_by_an_index(cast: Cast) -> None:
    since = timezone.now()
    found = Study.objects.filter(clinic=cast.clinic_a, changed_at__gte=since).order_by("changed_at", "pk")
    assert "study_clinic_changed (clinic_id=? AND changed_at>?)" in found.explain()


def test_a_token_that_ends_soon_says_so_in_every_answer(cast: Cast) -> None:
    for days, soon in ((13, True), (15, False)):
        ends = timezone.now() + timedelta(days=days)
        made = tokens.create(clinic=cast.clinic_a, name="x", by=cast.administrator, expires_at=ends)
        for path in (STUDIES, "/dicom-web/studies", f"{STUDIES}{films.model_version().public_id}/"):
            assert ("X-Token-Expires" in Computer(*made).read(path).headers) is soon


def test_dicomweb_asks_for_the_same_scopes(cast: Cast) -> None:
    made = tokens.create(clinic=cast.clinic_a, name="x", by=cast.administrator, scopes=[Scope.SEND])
    assert_problem(Computer(*made).read("/dicom-web/studies"), 403, "scope_missing")
    made = tokens.create(clinic=cast.clinic_a, name="y", by=cast.administrator, scopes=[Scope.READ])
    answer = Computer(*made).client.post("/dicom-web/studies", headers={"Authorization": f"Token {made[1]}"})
    assert_problem(answer, 403, "scope_missing")
