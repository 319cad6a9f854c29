"""The pages where a doctor or an administrator settles whose a film is."""

import pytest
from django.test import Client

from accounts.models import AuditEvent
from diagnosis.models import HeldFilm, HeldOutcome, HeldWhy, Patient, Scan
from diagnosis.services.storage import path_of
from tests.conftest import Cast
from tests.diagnosis.services.record import actions
from tests.diagnosis.views.pages import text_of
from tests.films import held_film, queued_scan


@pytest.fixture
def held(cast: Cast) -> HeldFilm:
    """A film that says patient P-1, Ada Phantom, is called Other."""
    return held_film(queued_scan(cast.clinic_a, cast.doctor))


def page_of(held: HeldFilm, end: str = "") -> str:
    return f"/reconcile/{held.public_id}/{end}"


PATIENT = {"number": "P-7", "first_name": "Ada", "last_name": "Other", "birth_date": "", "sex": "female"}


def test_every_page_says_how_many_films_wait(doctor: Client, technician: Client, held: HeldFilm) -> None:
    page = doctor.get("/worklist/")
    assert "1 film to settle" in text_of(page)
    assert 'href="/reconcile/"' in page.content.decode()
    assert "to settle" not in text_of(technician.get("/worklist/"))
    HeldFilm.objects.update(outcome=HeldOutcome.REJECTED)
    assert "to settle" not in text_of(doctor.get("/worklist/"))


def test_the_list_names_the_film_and_whom_it_contradicts(
    doctor: Client, administrator: Client, held: HeldFilm
) -> None:
    assert "Ada Other, P-1" in text_of(administrator.get("/reconcile/"))
    text = text_of(doctor.get("/reconcile/"))
    for said in ("Ada Other, P-1", "somebody else: P-1 Ada Phantom", "X-ray machine “ROOM1”"):
        assert said in text
    shown = AuditEvent.objects.filter(action="list.viewed").latest("sequence").facts["shown"]
    assert f"held_film:{held.public_id}" in shown


def test_a_films_page_says_in_words_what_differs(doctor: Client, held: HeldFilm) -> None:
    text = text_of(doctor.get(page_of(held)))
    assert "Last name Other ≠ differs Phantom" in text
    assert "First name Ada Ada" in text
    assert text.count("differs") == 1
    assert actions()[-2:] == ["held_film.viewed", "patient.viewed"]


def test_what_was_sent_with_a_film_is_told_on_its_page(doctor: Client, held: HeldFilm) -> None:
    assert "Sent with it" not in doctor.get(page_of(held)).content.decode()
    HeldFilm.objects.update(said={"urgent": True, "symptoms": "cough", "symptoms_onset": "2025-12-30"})
    page = doctor.get(page_of(held)).content.decode()
    for told in ("Sent with it", "Urgent", "cough", "30 Dec 2025"):
        assert told in page
    assert "Urgent" in doctor.get("/reconcile/").content.decode()


def test_filed_on_record(doctor: Client, held: HeldFilm) -> None:
    page = doctor.post(page_of(held, "on-record/"), follow=True)
    scan = Scan.objects.get(sha256=held.sha256)
    assert page.redirect_chain[-1][0] == f"/studies/{scan.study.public_id}/"
    assert "Filed under Ada Phantom" in text_of(page)
    assert "filed a film here that contradicted the record" in text_of(page)
    assert "Somebody has settled" in text_of(doctor.post(page_of(held, "on-record/"), follow=True))
    assert "open its study" in text_of(doctor.get(page_of(held)))


def test_filed_under_another_number(administrator: Client, held: HeldFilm) -> None:
    page = administrator.post(page_of(held, "file/"), PATIENT, follow=True)
    assert "number P-7" in text_of(page)
    assert Patient.objects.count() == 2


def test_a_number_of_somebody_else_comes_back_with_what_was_typed(doctor: Client, held: HeldFilm) -> None:
    page = doctor.post(page_of(held, "file/"), PATIENT | {"number": "P-1"})
    assert page.status_code == 422
    assert "on record with a different last name" in text_of(page)
    assert 'value="Other"' in page.content.decode()
    assert "patient.mismatch" in actions()
    held.refresh_from_db()
    assert held.outcome == HeldOutcome.WAITING


def test_rejected_with_a_reason_and_taken_up_again(doctor: Client, held: HeldFilm) -> None:
    assert doctor.post(page_of(held, "reject/"), {"reason": ""}).status_code == 422
    page = doctor.post(page_of(held, "reject/"), {"reason": "A test film"}, follow=True)
    assert "A test film" in text_of(page)
    assert "Take it up again" in text_of(doctor.get(page_of(held)))
    doctor.post(page_of(held, "take-up/"))
    held.refresh_from_db()
    assert held.outcome == HeldOutcome.WAITING


def test_the_original_is_downloaded_on_record(doctor: Client, held: HeldFilm) -> None:
    answer = doctor.get(page_of(held, "original/"))
    assert b"".join(answer.streaming_content) == path_of(held.original).read_bytes()  # type: ignore[attr-defined]
    assert "attachment" in answer.headers["Content-Disposition"]
    assert actions()[-1] == "held_film.downloaded"


def test_a_film_that_names_nobody_is_filed_by_a_number(doctor: Client, held: HeldFilm) -> None:
    HeldFilm.objects.update(why=HeldWhy.NO_NUMBER, patient=None, header={"sex": "unknown"})
    body = doctor.get(page_of(held)).content.decode()
    assert "on-record/" not in body
    assert "On record" not in body


def test_nobody_else_settles(technician: Client, stranger: Client, held: HeldFilm) -> None:
    assert technician.get("/reconcile/").status_code == 403
    assert stranger.get(page_of(held)).status_code == 404
    assert stranger.post(page_of(held, "on-record/")).status_code == 404
    assert "Ada Other" not in text_of(stranger.get("/reconcile/"))
