"""Whatever is sent to the letterhead, to the check of a paper and to the ledger is answered in words."""

import io
from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.models import Clinic
from diagnosis.services import storage
from tests.conftest import Cast

HUGE = "Quay " * 100_000
# no text, text that turns around, numbers of another script, more than fits
ODD = ["\x00", "a\x00b", "\u202eevil", "%00", "' OR 1=1", "<script>", "-1", "1e309", "\uff19" * 12, HUGE]


@pytest.fixture
def administrator(cast: Cast) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(cast.administrator)
    return client


def picture(kind: str, size: tuple[int, int] = (40, 20), *, frames: int = 1, mode: str = "RGB") -> bytes:
    stream = io.BytesIO()
    first, *more = (Image.new(mode, size, number) for number in range(frames))
    first.save(stream, kind, save_all=frames > 1, append_images=more) if more else first.save(stream, kind)
    return stream.getvalue()


def logos() -> Iterator[bytes]:
    yield picture("GIF", frames=3)
    yield picture("PNG", frames=3)
    yield picture("PNG", mode="I;16")
    yield picture("PNG", mode="1")
    yield picture("JPEG", mode="CMYK")
    yield picture("PNG", (1, 1))
    yield picture("PNG", (3000, 3000))
    yield picture("PNG", (1, 3000))
    yield b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' width='9'/>"
    yield b"\x00"
    yield picture("PNG") + b"\x00" * (1024 * 1024)


@pytest.mark.parametrize("logo", logos(), ids=range(11))
def test_a_picture_of_any_kind_is_kept_or_refused_and_no_word_is_lost(
    administrator: Client, cast: Cast, logo: bytes
) -> None:
    sent = {"address": "12 Quay Street", "paper": "letter", "logo": SimpleUploadedFile("l.png", logo)}
    answer = administrator.post("/letterhead/", sent)
    assert answer.status_code in (302, 422)
    clinic = Clinic.objects.get(pk=cast.clinic_a.pk)
    if answer.status_code == 422:
        assert clinic.logo == ""
        assert "12 Quay Street" in answer.content.decode()
    else:
        with Image.open(storage.path_of(clinic.logo)) as kept:
            assert (kept.format, getattr(kept, "n_frames", 1)) == ("PNG", 1)


@pytest.mark.parametrize("field", ["address", "paper", "network_in_report", "logo"])
def test_a_letterhead_of_any_words_is_answered(administrator: Client, cast: Cast, field: str) -> None:
    for value in ODD:
        sent = {"address": "12 Quay Street", "paper": "letter", field: value}
        answer = administrator.post("/letterhead/", sent)
        assert answer.status_code in (302, 400, 413, 422), value[:20]
        if answer.status_code == 422 and field != "address":
            assert "12 Quay Street" in answer.content.decode()


def test_what_an_address_says_besides_is_no_error(administrator: Client) -> None:
    queries = ["page=-1", "page=x", "since=%00", "clinic=9999", "month=%FF", "a=" + "b" * 5000]
    for place in ("/refusals/", "/refusals/file/", "/verify/", "/letterhead/"):
        for query in queries:
            assert administrator.get(f"{place}?{query}").status_code == 200, f"{place}?{query[:20]}"


def test_a_code_of_any_kind_is_answered(db: None) -> None:
    anybody = Client(raise_request_exception=False)
    for code in ODD:
        answer = anybody.get("/verify/", {"code": code})
        assert answer.status_code == 404, code[:20]
        assert "do not trust the paper" in answer.content.decode()
    assert anybody.get("/verify/%00%FF/").status_code == 404
    for method in (anybody.post, anybody.put, anybody.delete):
        assert method("/verify/").status_code in (403, 405)
