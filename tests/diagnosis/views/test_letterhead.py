"""A clinic's administrator sets the head of its reports; what is no small picture is refused in words."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.models import AuditEvent, Clinic
from diagnosis.services import storage
from tests.conftest import Cast


def picture(size: tuple[int, int] = (40, 20), kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, "teal").save(stream, kind)
    return stream.getvalue()


@pytest.fixture
def administrator(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.administrator)
    return client


def send(client: Client, logo: bytes | None = None, **fields: str) -> int:
    words = {"address": "12 Quay Street", "paper": "letter", **fields}
    files = {"logo": SimpleUploadedFile("logo.png", logo)} if logo else {}
    return client.post("/letterhead/", {**words, **files}).status_code


def test_it_is_stored_and_on_record(administrator: Client, cast: Cast) -> None:
    assert send(administrator, picture()) == 302
    clinic = Clinic.objects.get(pk=cast.clinic_a.pk)
    assert (clinic.address, clinic.paper, clinic.network_in_report) == ("12 Quay Street", "letter", False)
    with Image.open(storage.path_of(clinic.logo)) as kept:
        assert (kept.format, kept.size) == ("PNG", (40, 20))
    told = AuditEvent.objects.get(action="clinic.letterhead")
    assert told.facts == {"changed": ["address", "logo", "paper", "network_in_report"]}
    assert send(administrator, without_logo="on") == 302
    assert Clinic.objects.get(pk=cast.clinic_a.pk).logo == ""


@pytest.mark.parametrize(
    ("logo", "words"),
    [
        (b"no picture", "cannot be read"),
        (picture()[:40], "cannot be read"),
        (picture((3001, 1)), "too many pixels"),
        (picture() + bytes(600 * 1024), "too large"),
        (picture(kind="BMP"), "cannot be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "cannot be read"),
    ],
)
def test_what_is_no_small_picture_is_refused(
    administrator: Client, cast: Cast, logo: bytes, words: str
) -> None:
    files = {"logo": SimpleUploadedFile("logo.png", logo)}
    page = administrator.post("/letterhead/", {"address": "typed", "paper": "a4", **files})
    assert page.status_code == 422
    assert words in page.content.decode()
    assert "typed" in page.content.decode()
    assert Clinic.objects.get(pk=cast.clinic_a.pk).logo == ""


def test_nobody_else_may(doctor: Client) -> None:
    assert send(doctor) == 403
