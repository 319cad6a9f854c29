"""STOW-RS: what a clinic's system is told of each film that it sends, and what is on record then."""

import io
import itertools
from pathlib import Path
from xml.etree import ElementTree

import pydicom
import pytest
from django.conf import LazySettings

from accounts.models import AuditEvent
from diagnosis.dicomweb import related
from diagnosis.models import Door, HeldFilm, Patient, Scan, Study
from tests.diagnosis.dicomweb.conftest import BOUNDARY, Archive, message, value
from tests.dicom_films import make_film, uid

pytestmark = pytest.mark.django_db

FAILED, STORED = "00081198", "00081199"


def test_a_film_is_on_record_with_patient_study_and_its_own_bytes(archive: Archive) -> None:
    film = make_film()
    response = archive.store(film)
    assert response.status_code == 200, response.content
    assert response.headers["Content-Type"] == "application/dicom+json"
    scan = Scan.objects.get()
    assert (scan.study.door, scan.study.patient.number) == (Door.DICOMWEB, "P-1")
    answer = response.json()
    [item] = answer[STORED]["Value"]
    assert value(item, "00081155") == scan.sop_instance_uid
    assert value(item, "00081190").endswith(
        f"/dicom-web/studies/{scan.study.instance_uid}/series/{scan.series_instance_uid}"
        f"/instances/{scan.sop_instance_uid}"
    )
    assert FAILED not in answer
    assert (
        archive.ask(value(item, "00081190").split("/dicom-web/")[1], accept="application/dicom").status_code
        == 200
    )


def test_the_same_film_again_is_stored_once_and_answered_like_the_first_time(archive: Archive) -> None:
    film = make_film()
    first, second = archive.store(film), archive.store(film)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert Scan.objects.count() == 1


def test_the_same_film_under_another_programs_meta_header_is_stored_once(archive: Archive) -> None:
    assert archive.store(make_film()).status_code == 200
    dataset = pydicom.dcmread(io.BytesIO(make_film()))
    dataset.file_meta.ImplementationVersionName = "ANOTHER 2.0"
    stream = io.BytesIO()
    dataset.save_as(stream)
    assert stream.getvalue() != make_film()
    assert archive.store(stream.getvalue()).status_code == 200
    assert Scan.objects.count() == 1


def test_other_bytes_under_a_known_identifier_are_refused_and_the_first_are_kept(archive: Archive) -> None:
    archive.store(make_film())
    kept = Scan.objects.get().sha256
    response = archive.store(make_film(StationName="another room"))
    assert response.status_code == 409
    [item] = response.json()[FAILED]["Value"]
    assert value(item, "00081197") == 0x0110
    assert value(item, "00081155") == Scan.objects.get().sop_instance_uid
    assert Scan.objects.get().sha256 == kept
    assert AuditEvent.objects.filter(action="scan.conflict").exists()


def test_some_stored_and_some_refused_is_202_and_says_which(archive: Archive) -> None:
    ct = make_film(seed=2, sop_class="1.2.840.10008.5.1.4.1.1.2", Modality="CT")
    response = archive.store(make_film(seed=1), ct, b"no DICOM at all")
    assert response.status_code == 202
    answer = response.json()
    assert len(answer[STORED]["Value"]) == 1
    reasons = [value(item, "00081197") for item in answer[FAILED]["Value"]]
    assert reasons == [0x0122, 0xC000]
    assert value(answer[FAILED]["Value"][0], "00081155")  # the sender learns which one
    assert Scan.objects.count() == 1
    assert AuditEvent.objects.filter(action="scan.refused").count() == 2


def test_nothing_stored_is_409(archive: Archive) -> None:
    response = archive.store(make_film(sop_class="1.2.840.10008.5.1.4.1.1.4", Modality="MR"))
    assert response.status_code == 409
    assert not Study.objects.exists()


def test_a_film_of_another_study_than_the_address_names_is_refused(archive: Archive) -> None:
    response = archive.store(make_film(), study="1.2.3.4")
    assert response.status_code == 409
    assert not Scan.objects.exists()
    assert archive.store(make_film(), study=uid("study P-1 0")).status_code == 200


def test_a_film_that_contradicts_the_record_waits_for_a_person_and_says_so(archive: Archive) -> None:
    archive.store(make_film())
    response = archive.store(make_film(seed=5, name="Somebody^Else", PatientBirthDate="19990101"))
    assert response.status_code == 202
    [item] = response.json()[STORED]["Value"]
    assert value(item, "00081196") == 0xB000
    assert HeldFilm.objects.count() == 1
    assert Patient.objects.count() == 1


def test_a_body_that_ends_early_keeps_what_was_whole(archive: Archive) -> None:
    whole = message([make_film(seed=1), make_film(seed=2)])
    response = archive.store(body=whole[: len(whole) * 3 // 4])
    assert response.status_code == 202
    assert Scan.objects.count() == 1


HEAD = f"--{BOUNDARY}\r\nContent-Type: application/dicom".encode()


@pytest.mark.parametrize(
    "part",
    [
        HEAD + b"\r\nX: " + b"y" * 9000 + b"\r\n\r\na film\r\n",
        HEAD + b"y" * 9000 + b"\r\n",
        HEAD + b"\r\n",
        HEAD + b"\r\nX: y" * 4000 + b"\r\n",
    ],
    ids=["long line", "long line without an end", "no end", "many lines"],
)
def test_a_part_whose_own_header_cannot_be_read_costs_its_neighbours_nothing(
    archive: Archive, part: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = message([make_film(seed=1)], end=False), message([make_film(seed=3)])
    for chunk in (7, 8192, 256 * 1024):
        monkeypatch.setattr(related, "CHUNK", chunk)
        response = archive.store(body=before + part + after)
        assert response.status_code == 202
        told = response.json()
        assert (len(told[STORED]["Value"]), len(told[FAILED]["Value"])) == (2, 1)
    assert Scan.objects.count() == 2
    events = AuditEvent.objects.filter(action="scan.refused")
    assert [event.facts["code"] for event in events] == ["damaged"] * 3


@pytest.mark.parametrize("kept", [0, 1])
@pytest.mark.parametrize("length", [3, 40, 2000], ids=["boundary", "header", "film"])
def test_a_film_that_is_cut_off_is_refused_on_record(archive: Archive, kept: int, length: int) -> None:
    cut = message([make_film(seed=2)], end=False)[: len(BOUNDARY) + length]
    response = archive.store(body=message([make_film(seed=1)] * kept, end=False) + cut)
    assert response.status_code == (202 if kept else 400)
    assert Scan.objects.count() == kept
    event = AuditEvent.objects.get(action="scan.refused")
    assert (event.facts["code"], event.clinic_id) == ("truncated", archive.token.clinic_id)
    told = response.json()
    assert len(told[FAILED]["Value"]) == 1 if kept else told["type"].endswith("broken_part")


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("multipart/form-data; boundary=x", 415),
        ("application/dicom", 415),
        (f'multipart/related; type="application/dicom+json"; boundary={BOUNDARY}', 415),
        ('multipart/related; type="application/dicom"', 400),
        (f'multipart/related; type="application/dicom"; boundary={"b" * 71}', 400),
        ("", 415),
        ("multipart/related; type*=utf-8''application%2Fdicom; boundary=x", 415),
        ("multipart/related; type=\"application/dicom\"; boundary*=utf-8''x", 400),
        ('multipart/related; type="application/dicom"; boundary*0*=x', 400),
        ('multipart/related; type="application/dicom"; boundary*1*=a\'b; boundary*0=q', 400),
    ],
)
def test_what_is_no_message_of_films_is_refused_in_words(
    archive: Archive, content_type: str, status: int
) -> None:
    response = archive.store(make_film(), content_type=content_type)
    assert response.status_code == status
    assert response.json()["detail"]


@pytest.mark.parametrize("body", [b"--", b"no boundary", f"--{BOUNDARY}--\r\n".encode(), b"\r\n" * 9000])
def test_a_message_without_a_part_is_400(archive: Archive, body: bytes) -> None:
    assert archive.store(body=body).status_code == 400
    assert not AuditEvent.objects.filter(action="scan.refused").exists()


def test_the_answer_comes_as_xml_to_who_asks_for_it(archive: Archive) -> None:
    response = archive.store(make_film(), accept="application/dicom+xml")
    assert response.headers["Content-Type"] == "application/dicom+xml"
    root = ElementTree.fromstring(response.content)
    keywords = [node.get("keyword") for node in root.iter() if node.get("keyword")]
    assert keywords == [
        "RetrieveURL",
        "ReferencedSOPSequence",
        "ReferencedSOPClassUID",
        "ReferencedSOPInstanceUID",
        "RetrieveURL",
    ]
    assert archive.store(make_film(), accept="text/html").status_code == 406


def test_an_oversized_film_costs_its_neighbours_nothing(archive: Archive, settings: LazySettings) -> None:
    small = make_film(seed=1)
    settings.MAX_FILM_BYTES = len(small)
    response = archive.store(b"x" * (len(small) + 1), small)
    assert response.status_code == 202
    [item] = response.json()[FAILED]["Value"]
    assert value(item, "00081197") == 0xA700
    assert Scan.objects.count() == 1


def test_parts_keep_every_byte_wherever_the_chunks_end(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = [
        b"",
        b"\r\n",
        b"\r",
        b"--",
        f"\r\n--{BOUNDARY[:-1]}".encode(),
        bytes(range(256)) * 3,
        b"\n--\r\n",
    ]
    body = message(contents)
    for chunk in itertools.chain(range(1, 40), [1000]):
        monkeypatch.setattr(related, "CHUNK", chunk)
        stream = io.BytesIO(body)
        read = [part.file.read() for part in related.parts(stream, BOUNDARY, most_bytes=10_000) if part.file]
        assert read == contents, chunk


def test_no_temporary_file_is_left(archive: Archive, settings: LazySettings, tmp_path: Path) -> None:
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = str(uploads)
    archive.store(make_film(), b"none")
    archive.store(body=message([make_film(seed=3)], end=False))
    assert not list(uploads.iterdir())


def test_another_clinics_film_with_the_same_identifier_is_no_conflict(
    archive: Archive, their_archive: Archive
) -> None:
    assert archive.store(make_film()).status_code == 200
    assert their_archive.store(make_film(StationName="theirs")).status_code == 200
    assert Scan.objects.count() == 2
    assert Patient.objects.count() == 2
