"""The page of many films: what is typed stays, errors stand beside their row, nobody else sees the list."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import AuditEvent
from diagnosis.models import BatchFilm, Patient, Study
from diagnosis.services import batches, patients
from tests.conftest import Cast
from tests.diagnosis.services.intake.drafts import dropped, rows
from tests.diagnosis.views.intake.form import JSON, film, not_a_film
from tests.diagnosis.views.pages import text_of
from tests.dicom_studies import dicom_film

pytestmark = pytest.mark.django_db

PAGE = "/studies/batch/"
HTML_FAULT = re.compile(r'class="invalid-feedback d-block"[^>]*>([^<]+)<')


def boxes(*films: BatchFilm, **values: str) -> dict[str, str]:
    """What the page's form sends: every film's boxes as they are, with these changes to the first."""
    sent = {
        f"{film.public_id.hex}-{name}": film.typed.get(name, "")
        for film in films
        for name in ("number", "first_name", "last_name", "birth_date", "taken_on")
    }
    return sent | {f"{films[0].public_id.hex}-{name}": value for name, value in values.items()}


def test_films_are_added_and_what_was_typed_meanwhile_stays(technician: Client, cast: Cast) -> None:
    dropped(cast.technician, chest=1)
    (first,) = rows(cast.technician)
    folder = [film(3, "P-9001.png")]
    sent = boxes(first, number="P-7") | {"films": [film(2, "P-1042.png"), not_a_film()], "folder": folder}
    answer = technician.post(f"{PAGE}add/", sent, follow=True)
    page = text_of(answer)
    assert "2 films added to the list." in page
    assert [row.typed.get("number", "") for row in rows(cast.technician)] == ["P-7", "P-1042", "", "P-9001"]
    assert page.count("Not taken.") == 1


def test_the_page_names_whose_number_it_is_and_that_is_on_record(technician: Client, cast: Cast) -> None:
    known = patients.find_or_create_patient(
        clinic=cast.clinic_a, number="P-1042", actor=cast.doctor, last_name="Nunes", birth_date="1961-04-23"
    )
    patients.find_or_create_patient(
        clinic=cast.clinic_b, number="P-9001", actor=cast.stranger, last_name="Far"
    )
    dropped(cast.technician, **{"P-1042": 1, "P-9001": 2})
    page = text_of(technician.get(PAGE))
    assert "Nunes" in page
    assert "born 23 Apr 1961" in page
    assert "New patient: nobody has this number yet." in page
    assert "Far" not in page
    looks = AuditEvent.objects.filter(action="list.viewed", actor__contains="technician")
    assert [event.facts["shown"] for event in looks] == [[f"patient:{known.public_id}"]]


def test_saving_keeps_what_was_typed_and_sends_nothing(technician: Client, cast: Cast) -> None:
    dropped(cast.technician, chest=1)
    technician.post(PAGE, boxes(*rows(cast.technician), number="P-7", birth_date="31.2.1990"))
    page = technician.get(PAGE).content.decode()
    assert 'value="P-7"' in page
    assert 'value="31.2.1990"' in page
    assert not HTML_FAULT.findall(page)  # nothing is told before Send is pressed
    assert not Study.objects.exists()


def test_sending_without_a_script(technician: Client, cast: Cast) -> None:
    dropped(cast.technician, **{"P-1042": 1, "chest": 2, "letter": b"%PDF-1.7"})
    answer = technician.post(f"{PAGE}send/", boxes(*rows(cast.technician)[:2], last_name="Nunes"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "1 film sent." in page
    assert "1 row was not sent" in page
    assert "Type the patient’s number." in page
    assert str(Study.objects.get().public_id) in page
    assert Patient.objects.get().last_name == "Nunes"
    again = technician.get(PAGE).content.decode()
    assert "Type the patient’s number." in again  # it is still told when the page is loaded again
    left = rows(cast.technician)[1]
    answer = technician.post(f"{PAGE}send/", boxes(left, number="P-7"), follow=True)
    assert answer.status_code == 200
    assert Study.objects.count() == 2


def test_a_wrong_date_stands_beside_its_row_with_what_was_typed(technician: Client, cast: Cast) -> None:
    dropped(cast.technician, **{"P-1042": 1})
    changes = {"birth_date": "2190", "taken_on": "2190-01-01"}
    page = technician.post(f"{PAGE}send/", boxes(*rows(cast.technician), **changes)).content.decode()
    assert page.count("in the future.") == 2
    assert 'value="2190"' in page
    assert not Study.objects.exists()


def test_a_script_gets_the_row_of_a_film_and_the_reason_for_none(technician: Client, cast: Cast) -> None:
    answer = technician.post(f"{PAGE}add/", {"films": film(1, "P-1042.png")}, headers=JSON).json()
    assert "P-1042" in answer["films"][0]["row"]
    assert answer["films"][0]["address"] in answer["films"][0]["row"]
    again = technician.post(f"{PAGE}add/", {"films": film(1, "P-1042.png")}, headers=JSON).json()
    assert again["films"][0]["address"] == answer["films"][0]["address"]
    assert "already" in again["films"][0]["text"]


def test_a_script_keeps_one_row_and_is_told_whose_its_number_is(technician: Client, cast: Cast) -> None:
    patients.find_or_create_patient(
        clinic=cast.clinic_a, number="P-1042", actor=cast.doctor, last_name="Nunes"
    )
    dropped(cast.technician, chest=1)
    (row,) = rows(cast.technician)
    address = f"{PAGE}{row.public_id}/"
    known = technician.post(address, boxes(row, number="p-1042"), headers=JSON).json()
    assert "Nunes" in known["whose"]
    assert known["is_open"] is False
    assert technician.post(address, boxes(row, number="P-7"), headers=JSON).json()["is_open"] is True
    assert rows(cast.technician)[0].typed["number"] == "P-7"


def test_a_number_typed_with_send_is_not_filed_under_somebody_who_was_not_shown(
    technician: Client, cast: Cast
) -> None:
    patients.find_or_create_patient(
        clinic=cast.clinic_a, number="P-7", actor=cast.doctor, first_name="Ngozi", last_name="Okoro"
    )
    dropped(cast.technician, **{"P-1042": 1})
    technician.get(PAGE)
    answer = technician.post(f"{PAGE}send/", boxes(*rows(cast.technician), number="P-7"))
    assert answer.status_code == 422
    assert "The number is Ngozi Okoro’s: look again, then send." in text_of(answer)
    assert not Study.objects.exists()
    technician.post(f"{PAGE}send/", boxes(*rows(cast.technician)))
    assert Study.objects.get().patient.number == "P-7"


def test_a_row_that_a_script_keeps_is_sent_under_whom_its_answer_named(
    technician: Client, cast: Cast
) -> None:
    known = patients.find_or_create_patient(clinic=cast.clinic_a, number="P-7", actor=cast.doctor)
    dropped(cast.technician, chest=1)
    (row,) = rows(cast.technician)
    technician.post(f"{PAGE}{row.public_id}/", boxes(row, number="P-7"), headers=JSON)
    assert rows(cast.technician)[0].shown == str(known.public_id)
    told = technician.post(f"{PAGE}send/", headers=JSON).json()
    assert told == {"films": 1, "back": 0, "busy": 0, "left": 0}


def test_a_new_patient_of_several_films_is_asked_for_once(technician: Client, cast: Cast) -> None:
    dropped(cast.technician, **{"P-1042": 1, "P-1042 b": 2})
    page = technician.get(PAGE).content.decode()
    assert page.count("data-person open") == 1
    assert "The same new patient as in a row above." in page


def test_a_script_sends_and_is_told_what_is_left(technician: Client, cast: Cast) -> None:
    dropped(cast.technician, **{"P-1042": 1, "chest": 2})
    told = technician.post(f"{PAGE}send/", boxes(*rows(cast.technician)), headers=JSON).json()
    assert told == {"films": 1, "back": 1, "busy": 0, "left": 0}


def test_a_look_alike_is_shown_with_a_box_to_tick(technician: Client, cast: Cast) -> None:
    facts = {"first_name": "Ada", "last_name": "Nunes", "birth_date": "1961-04-23"}
    patients.find_or_create_patient(clinic=cast.clinic_a, number="Q-1", actor=cast.doctor, **facts)
    dropped(cast.technician, **{"P-1042": 1})
    page = text_of(technician.post(f"{PAGE}send/", boxes(*rows(cast.technician), **facts)))
    assert "Looks like Ada Nunes" in page
    (row,) = rows(cast.technician)
    technician.post(f"{PAGE}send/", boxes(row, other_person="on"))
    assert Patient.objects.count() == 2


def test_removing_keeps_what_was_typed_in_the_other_rows(technician: Client, cast: Cast) -> None:
    dropped(cast.technician, chest=1, other=2)
    first, second = rows(cast.technician)
    technician.post(f"{PAGE}{second.public_id}/remove/", boxes(first, number="P-7"))
    assert [row.typed["number"] for row in rows(cast.technician)] == ["P-7"]


def test_nobody_else_finds_the_list_or_its_films(
    technician: Client, doctor: Client, stranger: Client, administrator: Client, cast: Cast
) -> None:
    dropped(cast.technician, **{"P-1042": 1})
    (row,) = rows(cast.technician)
    for other in (doctor, stranger, administrator):
        assert "P-1042" not in other.get(PAGE).content.decode()
        assert other.get(f"{PAGE}{row.public_id}/thumbnail/").status_code == 404
        assert other.post(f"{PAGE}{row.public_id}/", boxes(row, number="P-9")).status_code == 404
        assert other.post(f"{PAGE}{row.public_id}/remove/").status_code == 404
        other.post(f"{PAGE}send/", boxes(row, number="P-9"))
    assert [one.typed["number"] for one in rows(cast.technician)] == ["P-1042"]
    assert technician.get(f"{PAGE}{row.public_id}/thumbnail/").status_code == 200


def test_the_list_does_not_go_with_its_owner_to_another_clinic(technician: Client, cast: Cast) -> None:
    dropped(cast.technician, **{"P-1042": 1})
    cast.technician.clinic = cast.clinic_b
    cast.technician.save()
    assert "P-1042" not in technician.get(PAGE).content.decode()


def test_hostile_boxes_are_kept_or_refused_and_never_break_the_page(technician: Client, cast: Cast) -> None:
    dropped(cast.technician, chest=1)
    (row,) = rows(cast.technician)
    hostile = "<script>alert(1)</script>\x00" + "x" * 5000
    for name in ("number", "first_name", "birth_date", "sex", "taken_on", "urgent"):
        answer = technician.post(f"{PAGE}send/", boxes(row, **{name: hostile}))
        assert answer.status_code == 422
        assert "<script>alert" not in answer.content.decode()
    assert not Study.objects.exists()


def test_pressing_with_nothing_says_so(technician: Client) -> None:
    assert "No file was chosen." in text_of(technician.post(f"{PAGE}add/", follow=True))
    assert "no film to send" in text_of(technician.post(f"{PAGE}send/", follow=True))


def test_clearing_takes_what_was_sent_off_the_page(technician: Client, cast: Cast) -> None:
    dropped(cast.technician, **{"P-1042": 1, "chest": 2})
    technician.post(f"{PAGE}send/", boxes(*rows(cast.technician)))
    technician.post(f"{PAGE}clear/")
    assert [row.name for row in rows(cast.technician)] == ["chest.png"]
    assert Study.objects.count() == 1


def test_the_page_tells_when_the_list_ends(technician: Client, cast: Cast) -> None:
    assert f"After {batches.KEPT_DAYS} days" in text_of(technician.get(PAGE))
    dropped(cast.technician, chest=1)
    assert "it is deleted with its films on" in text_of(technician.get(PAGE))


def test_new_study_and_the_worklist_lead_here(technician: Client) -> None:
    assert PAGE in technician.get("/studies/new/").content.decode()
    assert PAGE in technician.get("/worklist/").content.decode()


def test_a_dicom_row_says_what_the_film_says(technician: Client) -> None:
    film = SimpleUploadedFile("IM1", dicom_film(PatientID="K-77"))
    page = text_of(technician.post(f"{PAGE}add/", {"films": film}, follow=True))
    assert "The film says:" in page
    assert "born 23 Apr 1961" in page
    assert "accession number A-77" in page
