"""A form opened for one clinic enters nothing into the other to which its person has switched since."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts import memberships
from accounts.models import Membership, Role
from diagnosis.models import Patient, Scan, Study
from tests.accounts.joining import switched
from tests.conftest import Cast
from tests.diagnosis.services.intake.drafts import dropped, rows
from tests.diagnosis.views.intake.form import JSON, NEW, film, form
from tests.diagnosis.views.pages import text_of


def opened(client: Client) -> str:
    """The clinic that the page's forms name."""
    page = client.get(NEW)
    clinic = page.context["user"].clinic.public_id
    assert page.content.decode().count(f'name="opened_in" value="{clinic}"') == 2
    return str(clinic)


def test_it_is_refused_in_words_with_all_that_was_typed(technician: Client, cast: Cast) -> None:
    sent = form(opened_in=opened(technician))
    switched(cast, cast.technician, Role.TECHNICIAN)
    page = technician.post(NEW, sent)
    assert page.status_code == 422
    assert "opened for another clinic, and you work for Clinic B now. Nothing was entered." in text_of(page)
    for name in ("number", "last_name", "symptoms"):
        assert sent[name] in page.content.decode()
    answer = technician.post(NEW, sent, headers=JSON)
    assert "opened for another clinic" in answer.json()["errors"]["__all__"][0]
    assert not Patient.objects.exists()
    # pressed once more it is refused again: what it names is what was opened
    assert f'value="{cast.clinic_a.public_id}"' in page.content.decode()


def test_after_a_switch_back_the_same_form_is_taken(technician: Client, cast: Cast) -> None:
    sent = form(opened_in=opened(technician))
    there = switched(cast, cast.technician, Role.TECHNICIAN)
    technician.post(NEW, sent)
    memberships.switch(user=there, membership=Membership.objects.get(user=there, clinic=cast.clinic_a))
    assert technician.post(NEW, sent).status_code == 302
    assert Study.objects.get().clinic == cast.clinic_a


def test_films_that_say_whose_they_are_are_refused_as_well(technician: Client, cast: Cast) -> None:
    clinic = opened(technician)
    switched(cast, cast.technician, Role.TECHNICIAN)
    file = SimpleUploadedFile("film.dcm", b"x")
    page = technician.post(f"{NEW}films/", {"dicom": file, "opened_in": clinic}, follow=True)
    assert "opened for another clinic" in text_of(page)
    assert not Scan.objects.exists()


def test_what_the_field_says_is_never_taken_for_a_clinic(technician: Client) -> None:
    assert technician.post(NEW, form(opened_in="x")).status_code == 422


def test_a_list_of_many_films_opened_for_another_clinic_takes_and_sends_nothing(
    technician: Client, cast: Cast
) -> None:
    dropped(cast.technician, **{"P-1042": 1})
    (row,) = rows(cast.technician)
    page = technician.get("/studies/batch/").content.decode()
    opened_in = {"opened_in": str(cast.clinic_a.public_id)}
    assert f'name="opened_in" value="{opened_in["opened_in"]}"' in page
    switched(cast, cast.technician, Role.TECHNICIAN)
    dropped(cast.technician, **{"P-9001": 2})
    there = f"{row.public_id}/"
    for place in ("", "add/", "send/", "clear/", there, f"{there}remove/"):
        address = f"/studies/batch/{place}"
        answer = technician.post(address, opened_in | {"films": film(3, "P-7.png")}, headers=JSON)
        assert answer.status_code == 409, place
        assert "opened for another clinic, and you work for Clinic B now" in answer.json()["text"]
        page = technician.post(address, opened_in | {"films": film(3, "P-7.png")}, follow=True)
        assert "Nothing was added, changed or sent." in text_of(page)
    assert [(one.name, one.state) for one in rows(cast.technician)] == [
        ("P-1042.png", "draft"), ("P-9001.png", "draft"),
    ]  # fmt: skip
    assert not Study.objects.exists()
