"""Sending films through the browser, with and without our script: nothing is lost, every file is answered."""

import io
import re
import uuid
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.models import AuditEvent
from diagnosis.models import Patient, Scan, Study, StudyState
from tests.conftest import Cast
from tests.films import phantom_png, predict, queued_scan

NEW = "/studies/new/"
JSON = {"Accept": "application/json"}


def form(**changes: object) -> dict[str, object]:
    return {
        "entry": str(uuid.uuid4()),
        "number": "P-9",
        "first_name": "Ada",
        "last_name": "Nunes",
        "birth_date": "1970-02-03",
        "sex": "female",
        "taken_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
        "reason": "cough",
        "symptoms": "fever",
        "symptoms_onset": "",
        "pcr_result": "pending",
        "accession_number": "A1",
        "urgent": "on",
        **changes,
    }


def film(seed: int = 1, name: str = "film.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, phantom_png(seed), "image/png")


def not_a_film(name: str = "letter.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"%PDF-1.7 no film", "image/png")


def text_of(response: object) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_one_form_without_script_enters_patient_study_and_films(technician: Client, cast: Cast) -> None:
    response = technician.post(NEW, form(films=[film(1), film(2, "side.png")]), follow=True)
    study = Study.objects.get()
    assert response.redirect_chain == [(f"/studies/{study.public_id}/", 302)]
    assert (study.clinic, study.created_by, study.urgent) == (cast.clinic_a, cast.technician, True)
    assert study.patient.full_name == "Ada Nunes"
    assert [scan.original_name for scan in study.scans.all()] == ["film.png", "side.png"]
    assert study.state == StudyState.WAITING
    assert "2 films received." in text_of(response)
    actions = list(AuditEvent.objects.order_by("sequence").values_list("action", flat=True))
    assert actions[1:5] == ["patient.created", "study.created", "scan.received", "scan.received"]


def test_a_refused_file_is_named_with_advice_and_the_good_ones_are_kept(technician: Client) -> None:
    response = technician.post(NEW, form(films=[film(1), not_a_film(), film(2, "b.png")]), follow=True)
    assert Scan.objects.count() == 2
    page = text_of(response)
    assert "2 films received." in page
    assert "letter.png was not taken." in page


def test_a_study_whose_films_are_all_refused_keeps_what_was_typed(technician: Client) -> None:
    response = technician.post(NEW, form(films=[not_a_film()]), follow=True)
    assert Study.objects.get().state == StudyState.EMPTY
    assert "No film yet" in text_of(response)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"number": ""}, "This field is required"),
        ({"birth_date": "31 April"}, "Enter a valid date"),
        ({"birth_date": "2999-01-01"}, "is in the future"),
        ({"taken_at": "soon"}, "Enter a valid date/time"),
        ({"sex": "x"}, "Select a valid choice"),
        ({"reason": "r" * 501}, "at most 500 characters"),
        ({"number": "a\x00b"}, "Null characters are not allowed"),
    ],
)
def test_what_cannot_be_is_said_at_the_field_and_the_rest_is_kept(
    technician: Client, wrong: dict[str, str], words: str
) -> None:
    response = technician.post(NEW, form(symptoms="typed with care", films=[film()], **wrong))
    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert "typed with care" in page
    assert "film.png" in page, "the page says which file must be chosen again"
    assert not Study.objects.exists()
    assert not Patient.objects.exists()


def test_a_number_with_other_names_is_a_conflict_in_words(technician: Client, cast: Cast) -> None:
    queued_scan(cast.clinic_a, cast.doctor, number="P-9")  # Ada Phantom
    response = technician.post(NEW, form())
    assert response.status_code == 422
    assert "is on record with a different last name" in text_of(response)
    assert Study.objects.count() == 1


def test_a_known_number_without_names_finds_the_patient(technician: Client, cast: Cast) -> None:
    patient = queued_scan(cast.clinic_a, cast.doctor, number="P-9").study.patient
    blank = {"first_name": "", "last_name": "", "birth_date": "", "sex": "unknown"}
    technician.post(NEW, form(**blank))
    assert patient.studies.count() == 2


def known_patient(cast: Cast) -> None:
    patient = queued_scan(cast.clinic_a, cast.doctor, number="1234").study.patient
    Patient.objects.filter(pk=patient.pk).update(birth_date=date(1950, 5, 1))


@pytest.mark.parametrize(("typed", "level"), [("", "warning"), ("Ada", "info")])
def test_a_known_number_says_whose_record_it_led_to(
    technician: Client, cast: Cast, typed: str, level: str
) -> None:
    known_patient(cast)
    sent = form(number="1234", first_name=typed, last_name="", birth_date="", sex="unknown")
    response = technician.post(NEW, sent | {"films": [film()]}, follow=True)
    said = [(message.level_tag, message.message) for message in response.context["messages"]]
    assert (level, said[0][1]) == said[0]
    assert said[0][1].startswith("Filed under Ada Phantom, born 1 May 1950, number 1234.")


def test_our_script_is_told_whose_record_a_known_number_led_to(technician: Client, cast: Cast) -> None:
    known_patient(cast)
    blank = form(number="1234", first_name="", last_name="", birth_date="", sex="unknown")
    for _ in range(2):  # the second: the line broke before the first answer came
        answer = technician.post(NEW, blank, headers=JSON).json()
        assert answer["filed"].startswith("Filed under Ada Phantom, born 1 May 1950, number 1234.")
        assert answer["level"] == "warning"
    assert "filed" not in technician.post(NEW, form(number="1243"), headers=JSON).json()


def test_the_same_form_sent_twice_makes_one_study(technician: Client) -> None:
    sent = form()
    for _ in range(2):
        response = technician.post(NEW, {**sent, "films": [film()]}, follow=True)
    assert Study.objects.count() == Scan.objects.count() == 1
    assert "entered already" in text_of(response)


@pytest.mark.parametrize("entry", ["", "not a number"])
def test_a_form_that_lost_its_hidden_number_is_entered_all_the_same_once(
    technician: Client, entry: str
) -> None:
    sent = form(entry=entry)
    for _ in range(2):
        assert technician.post(NEW, sent).status_code == 302
    assert Study.objects.count() == 1
    again = technician.post(NEW, sent | {"number": ""})
    assert list(again.context["form"].errors) == ["number"]


def test_going_back_and_correcting_the_number_makes_a_study_of_its_own(technician: Client) -> None:
    sent = form()
    technician.post(NEW, sent)
    technician.post(NEW, sent | {"number": "P-10"})
    assert sorted(Study.objects.values_list("patient__number", flat=True)) == ["P-10", "P-9"]


def test_our_script_enters_the_study_then_sends_each_film(technician: Client) -> None:
    made = technician.post(NEW, form(), headers=JSON)
    assert made.status_code == 201
    answer = technician.post(made.json()["films"], {"films": film()}, headers=JSON)
    (said,) = answer.json()["films"]
    assert (said["name"], said["outcome"]) == ("film.png", "received")
    again = technician.post(made.json()["films"], {"films": film()}, headers=JSON).json()["films"][0]
    assert again["outcome"] == "duplicate"
    assert Scan.objects.count() == 1


def test_our_script_is_told_which_field_is_wrong(technician: Client) -> None:
    answer = technician.post(NEW, form(number=""), headers=JSON)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["number"]


def test_a_refusal_reaches_our_script_with_its_advice(technician: Client, cast: Cast) -> None:
    study = queued_scan(cast.clinic_a, cast.doctor).study
    address = f"/studies/{study.public_id}/scans/"
    (said,) = technician.post(address, {"films": not_a_film()}, headers=JSON).json()["films"]
    assert (said["name"], said["outcome"]) == ("letter.png", "refused")
    assert said["text"]


def test_a_request_that_is_too_large_is_answered_in_words_to_our_script(
    technician: Client, cast: Cast
) -> None:
    study = queued_scan(cast.clinic_a, cast.doctor).study
    address = f"/studies/{study.public_id}/scans/"
    many = {"films": [SimpleUploadedFile(f"{number}.png", b"x") for number in range(201)]}
    answer = technician.post(address, many, headers=JSON)
    assert answer.status_code == 400
    assert "More than 200 files came at once" in answer.json()["text"]
    answer = technician.post(NEW, form(reason="r" * 3_000_000), headers=JSON)
    assert answer.status_code == 400
    assert "too long" in answer.json()["text"]
    page = technician.post(address, many)
    assert (page.status_code, page.headers["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert "could not be understood" in text_of(page)


def test_a_film_of_another_patient_is_shouted_about(technician: Client, cast: Cast) -> None:
    theirs = queued_scan(cast.clinic_a, cast.doctor, number="P-1", seed=4)
    mine = queued_scan(cast.clinic_a, cast.doctor, number="P-2", seed=5).study
    address = f"/studies/{mine.public_id}/scans/"
    (said,) = technician.post(address, {"films": film(4)}, headers=JSON).json()["films"]
    assert said["outcome"] == "other_patient"
    assert said["url"] == f"/studies/{theirs.study.public_id}/#scan-{theirs.public_id}"
    page = technician.post(address, {"films": film(4)}, follow=True)
    assert "another patient" in text_of(page)
    assert "alert-danger" in page.content.decode()
    assert mine.scans.count() == 1


def test_sending_nothing_is_answered_in_words(technician: Client, cast: Cast) -> None:
    study = queued_scan(cast.clinic_a, cast.doctor).study
    page = technician.post(f"/studies/{study.public_id}/scans/", follow=True)
    assert "No film was chosen" in text_of(page)


def test_films_cannot_be_put_into_another_clinics_study(stranger: Client, cast: Cast) -> None:
    study = queued_scan(cast.clinic_a, cast.doctor).study
    address = f"/studies/{study.public_id}/scans/"
    assert stranger.post(address, {"films": film(3)}, headers=JSON).status_code == 404
    assert study.scans.count() == 1


def test_the_same_bytes_in_two_clinics_are_two_films(
    technician: Client, stranger: Client, cast: Cast
) -> None:
    technician.post(NEW, form(films=[film()]))
    stranger.post(NEW, form(films=[film()]))
    assert Scan.objects.count() == 2


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_tiny_picture_never_ends_in_an_error(technician: Client, kind: str) -> None:
    buffer = io.BytesIO()
    Image.new("L", (1, 1)).save(buffer, kind)
    sent = SimpleUploadedFile(f"dot.{kind.lower()}", buffer.getvalue())
    assert technician.post(NEW, form(films=[sent]), follow=True).status_code == 200


def as_shown(client: Client, address: str) -> dict[str, str]:
    """What a browser would send back of a form that nobody touched."""
    page = client.get(address).content.decode()
    inputs = re.findall(r"<input[^>]*>", page)
    given = {}
    for tag in inputs:
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and name[1] != "csrfmiddlewaretoken" and 'type="checkbox"' not in tag:
            given[name[1]] = value[1] if value else ""
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', page, re.S):
        given[name] = re.search(r'value="([^"]*)" selected', options)[1]
    return given


def test_a_study_that_became_urgent_moves_up_the_worklist(technician: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, p_covid19=0.02, p_pneumonia=0.02)
    address = f"/studies/{scan.study.public_id}/edit/"
    technician.post(address, as_shown(technician, address) | {"urgent": "on"})
    assert Study.objects.get(pk=scan.study_id).rank == 0


@pytest.mark.parametrize("taken", ["0026-05-01T10:00", "0001-01-01T00:00", "9999-12-31T23:59"])
def test_a_time_that_cannot_be_is_said_at_the_field(technician: Client, taken: str) -> None:
    response = technician.post(NEW, form(taken_at=taken))
    assert response.status_code == 422
    assert response.context["form"].errors["taken_at"]


def test_a_film_is_not_older_than_its_patient(technician: Client) -> None:
    response = technician.post(NEW, form(taken_at="2019-05-01T10:00", birth_date="2020-05-01"))
    assert response.status_code == 422
    assert response.context["form"].errors["birth_date"]


def test_corrections_are_on_record_by_field_and_change_nothing_else(technician: Client, cast: Cast) -> None:
    study = queued_scan(cast.clinic_a, cast.doctor).study
    address = f"/studies/{study.public_id}/edit/"
    given = as_shown(technician, address)
    technician.post(address, {**given, "symptoms": "cough since Monday", "urgent": "on"})
    fresh = Study.objects.get(pk=study.pk)
    assert (fresh.symptoms, fresh.urgent) == ("cough since Monday", True)
    assert fresh.taken_at == study.taken_at, "a time that nobody touched keeps its seconds"
    assert AuditEvent.objects.get(action="study.updated").facts == {"fields": ["symptoms", "urgent"]}
