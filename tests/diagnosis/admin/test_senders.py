"""Operators say which X-ray machine sends to which clinic; one machine never belongs to two."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.audit import verify
from accounts.models import AuditEvent
from diagnosis.models import DicomSender
from diagnosis.services.senders import sender_at
from tests.conftest import Cast

ADD = "/admin/diagnosis/dicomsender/add/"


@pytest.fixture
def operator(client: Client, cast: Cast) -> Client:
    client.force_login(cast.operator)
    return client


def entered(client: Client, clinic: object, ae_title: str = "ROOM1", address: str = "10.1.2.3", **more: str):
    facts = {"clinic": clinic.pk, "ae_title": ae_title, "address": address, "active": "on"}  # type: ignore[attr-defined]
    return client.post(ADD, facts | {"character_set": ""} | more)


def test_an_operator_enters_a_machine_and_it_is_on_record(operator: Client, cast: Cast) -> None:
    assert entered(operator, cast.clinic_a, character_set="ISO_IR 100").status_code == 302
    sender = DicomSender.objects.get()
    assert (sender.ae_title, sender.address, sender.active) == ("ROOM1", "10.1.2.3", True)
    event = AuditEvent.objects.get(action="dicom_sender.created")
    assert (event.subject, event.clinic_id) == (f"dicom_sender:{sender.public_id}", cast.clinic_a.pk)
    address = reverse("admin:diagnosis_dicomsender_change", args=[sender.pk])
    facts = {"clinic": cast.clinic_a.pk, "ae_title": "ROOM1", "address": "10.1.2.3", "character_set": ""}
    assert operator.post(address, facts).status_code == 302
    sender.refresh_from_db()
    assert (sender.active, sender.character_set) == (False, "")
    assert AuditEvent.objects.get(action="dicom_sender.changed").facts["changed"] == [
        "active",
        "character_set",
    ]
    assert [fault for fault in verify() if "sender" in fault.message] == []


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("10.1.2.0/24", "10.1.2.3"),
        ("10.1.2.3", "10.1.0.0/16"),
        ("2001:db8::/32", "2001:db8::1"),
    ],
)
def test_two_clinics_cannot_claim_one_machine(operator: Client, cast: Cast, theirs: str, ours: str) -> None:
    entered(operator, cast.clinic_b, address=theirs)
    page = entered(operator, cast.clinic_a, address=ours)
    assert page.status_code == 200
    assert "sender of Clinic B already" in page.content.decode()
    assert DicomSender.objects.count() == 1
    assert entered(operator, cast.clinic_a, "ROOM2", ours).status_code == 302, "another title is free"


@pytest.mark.parametrize("address", ["somewhere", "10.1.2.3/24", "10.1.2.300", ""])
def test_what_is_no_address_is_refused_in_words(operator: Client, cast: Cast, address: str) -> None:
    assert entered(operator, cast.clinic_a, address=address).status_code == 200
    assert not DicomSender.objects.exists()


@pytest.mark.parametrize("title", ["", "SEVENTEEN-LETTERS", "A\\B", "ÄE"])
def test_what_is_no_title_is_refused(operator: Client, cast: Cast, title: str) -> None:
    assert entered(operator, cast.clinic_a, title).status_code == 200
    assert not DicomSender.objects.exists()


def test_an_unknown_character_set_is_refused(operator: Client, cast: Cast) -> None:
    assert "ISO_IR 100" in entered(operator, cast.clinic_a, character_set="latin1").content.decode()


def test_a_machine_is_known_by_title_and_address(cast: Cast) -> None:
    inside = DicomSender.objects.create(clinic=cast.clinic_a, ae_title="ROOM1", address="10.1.2.0/24")
    DicomSender.objects.create(clinic=cast.clinic_b, ae_title="ROOM1", address="10.9.9.9", active=False)
    assert sender_at(ae_title="ROOM1", address="10.1.2.77") == inside
    assert sender_at(ae_title="ROOM1", address="10.9.9.9") is None
    assert sender_at(ae_title="ROOM2", address="10.1.2.77") is None


def test_a_clinics_administrator_only_looks(client: Client, cast: Cast) -> None:
    client.force_login(cast.administrator)
    ours = DicomSender.objects.create(clinic=cast.clinic_a, ae_title="ROOM1", address="10.1.2.3")
    theirs = DicomSender.objects.create(clinic=cast.clinic_b, ae_title="ROOM9", address="10.1.2.9")
    listed = client.get("/admin/diagnosis/dicomsender/").content.decode()
    assert "ROOM1" in listed
    assert "ROOM9" not in listed
    assert client.get(reverse("admin:diagnosis_dicomsender_change", args=[ours.pk])).status_code == 200
    assert client.get(reverse("admin:diagnosis_dicomsender_change", args=[theirs.pk])).status_code == 404
    assert entered(client, cast.clinic_a, "ROOM2").status_code == 403
