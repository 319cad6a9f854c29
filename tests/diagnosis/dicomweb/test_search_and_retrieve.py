"""QIDO-RS and WADO-RS: a token finds and fetches its clinic's films and nobody else's."""

import io
import json
import tracemalloc
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from accounts.models import AuditEvent, Clinic
from diagnosis.imaging.dicom import syntaxes
from diagnosis.models import Patient, Scan, Study
from tests.diagnosis.dicomweb.conftest import Archive, value
from tests.dicom_films import by_dcmtk, chest, make_film, uid
from tests.films import predict

pytestmark = pytest.mark.django_db
EXPLICIT = "1.2.840.10008.1.2.1"


@pytest.fixture
def sent(archive: Archive, their_archive: Archive) -> Archive:
    """An archive with two studies of two patients, one of two films; another clinic has one too."""
    archive.store(make_film(seed=1, StudyDate="20260102"))
    archive.store(make_film(seed=2, study_uid=uid("study P-1 1"), StudyDate="20260102"))
    archive.store(
        make_film(seed=3, patient="Q-77", name="Ödön^Béla", StudyDate="20260110", AccessionNumber="X-9")
    )
    their_archive.store(make_film(seed=4, patient="P-1"))
    return archive


def home_of(film: Scan) -> str:
    series = f"studies/{film.study.instance_uid}/series/{film.series_instance_uid}"
    return f"{series}/instances/{film.sop_instance_uid}"


def names(rows: list[dict]) -> list[str]:
    return [value(row, "00100010")["Alphabetic"] for row in rows]


def test_studies_are_told_with_what_the_standard_asks_for(sent: Archive) -> None:
    rows = sent.found("studies")
    assert names(rows) == ["Ödön^Béla", "Phantom^Ada"]
    row = rows[1]
    assert (value(row, "00100020"), value(row, "00201208"), value(row, "00080061")) == ("P-1", 2, "CR")
    wanted = ("00080020", "00080030", "00080050", "00080061", "00080090", "00100010", "00100020", "00100030",
              "00100040", "0020000D", "00200010", "00201206", "00201208", "00081190")  # fmt: skip
    assert not set(wanted) - set(row)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"PatientID": "p-1"}, ["Phantom^Ada"]),
        ({"00100020": "P*"}, ["Phantom^Ada"]),
        ({"PatientName": "ödön"}, ["Ödön^Béla"]),
        ({"PatientName": "Odon^B*"}, ["Ödön^Béla"]),
        ({"PatientName": "*"}, ["Ödön^Béla", "Phantom^Ada"]),
        ({"PatientName": "nobody"}, []),
        ({"AccessionNumber": "x-9"}, ["Ödön^Béla"]),
        ({"StudyDate": "20260102"}, ["Phantom^Ada"]),
        ({"StudyDate": "20260103-"}, ["Ödön^Béla"]),
        ({"StudyDate": "-20260105"}, ["Phantom^Ada"]),
        ({"StudyDate": "20260101-20260131"}, ["Ödön^Béla", "Phantom^Ada"]),
        ({"StudyDate": "00010101-99991231"}, ["Ödön^Béla", "Phantom^Ada"]),
        ({"StudyDate": "99991231"}, []),
        ({"ModalitiesInStudy": "CR"}, ["Ödön^Béla", "Phantom^Ada"]),
        ({"ModalitiesInStudy": "DX"}, []),
        ({"StudyInstanceUID": uid("study P-1 1")}, ["Phantom^Ada"]),
        ({"PatientSex": "M"}, []),
        ({"limit": "1"}, ["Ödön^Béla"]),
        ({"limit": "1", "offset": "1"}, ["Phantom^Ada"]),
        ({"includefield": "all"}, ["Ödön^Béla", "Phantom^Ada"]),
    ],
)
def test_keys_find_what_they_name(sent: Archive, query: dict[str, str], found: list[str]) -> None:
    assert names(sent.found("studies", **query)) == found


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("date", ["00010101", "99991231", "00010101-", "-99991231"])
def test_the_ends_of_the_calendar_are_dates_like_others(sent: Archive, zone: str, date: str) -> None:
    Clinic.objects.update(time_zone=zone)
    sent.token.refresh_from_db()
    assert sent.ask("studies", StudyDate=date, PatientBirthDate=date).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {"Nonsense": "x"},
        {"StudyDate": "yesterday"},
        {"limit": "-1"},
        {"offset": "1e3"},
        {"PatientName": "a?b"},
        {"00289999": "1"},
    ],
)
def test_what_cannot_be_asked_is_refused_and_nothing_is_listed(sent: Archive, query: dict[str, str]) -> None:
    response = sent.ask("studies", **query)
    assert response.status_code == 400
    assert b"Phantom" not in response.content


def test_series_and_films_of_a_study(sent: Archive) -> None:
    study = uid("study P-1 1")
    series = sent.found(f"studies/{study}/series")
    assert sum(value(row, "00201209") for row in series) == 2
    films = sent.found(f"studies/{study}/instances")
    assert len(films) == 2
    assert all("00100010" not in row for row in films)
    assert len(sent.found("instances")) == 3
    one = sent.found("instances", SOPInstanceUID=value(films[0], "00080018"))
    assert names(one) == ["Phantom^Ada"]


def test_a_film_comes_back_byte_for_byte(sent: Archive) -> None:
    film = Scan.objects.get(study__patient__number="Q-77")
    home = home_of(film)
    alone = sent.ask(home, accept="application/dicom")
    content = b"".join(alone.streaming_content)
    assert content == make_film(
        seed=3, patient="Q-77", name="Ödön^Béla", StudyDate="20260110", AccessionNumber="X-9"
    )
    together = b"".join(sent.ask(f"studies/{film.study.instance_uid}").streaming_content)
    assert content in together
    assert AuditEvent.objects.filter(action="scan.downloaded").count() == 2


@pytest.mark.parametrize(
    ("command", "syntax"),
    [(("dcmconv", "+ti"), "1.2.840.10008.1.2"), (("dcmcjpeg", "+e1"), "1.2.840.10008.1.2.4.70")],
)
def test_a_film_comes_in_explicit_little_endian_where_that_is_asked_for(
    archive: Archive, command: tuple[str, str], syntax: str
) -> None:
    plain = make_film(seed=1)
    stored = by_dcmtk(plain, *command)
    archive.store(stored)
    home = home_of(Scan.objects.get())
    explicit = archive.ask(home, accept=f"application/dicom; transfer-syntax={EXPLICIT}")
    film = pydicom.dcmread(io.BytesIO(explicit.getvalue()))
    assert film.file_meta.TransferSyntaxUID == EXPLICIT
    assert (film.pixel_array == pydicom.dcmread(io.BytesIO(plain)).pixel_array).all()
    assert film.SOPInstanceUID == Scan.objects.get().sop_instance_uid
    either = f'application/dicom; transfer-syntax={EXPLICIT}, application/dicom; transfer-syntax="{syntax}"'
    for accept in ("application/dicom; transfer-syntax=*", "application/dicom", either):
        assert archive.ask(home, accept=accept).getvalue() == stored, "as stored, where that will do"
    other = archive.ask(home, accept="application/dicom; transfer-syntax=1.2.840.10008.1.2.4.80")
    assert other.status_code == 406
    assert f"stored as {syntax}" in other.json()["detail"]


def test_what_cannot_be_turned_into_explicit_little_endian_is_406_in_words(archive: Archive) -> None:
    archive.store(by_dcmtk(make_film(seed=1), "dcmconv", "+tb"))
    answer = archive.ask(home_of(Scan.objects.get()), accept=f"application/dicom; transfer-syntax={EXPLICIT}")
    assert answer.status_code == 406
    assert "big endian" in answer.json()["detail"]
    assert not AuditEvent.objects.filter(action="scan.downloaded").exists(), "nothing left"


def test_the_picture_comes_in_the_window_that_is_asked_for(archive: Archive) -> None:
    archive.store(make_film(seed=1))
    home = f"{home_of(Scan.objects.get())}/rendered"
    dark, bright = (archive.ask(home, window=window) for window in ("4000,10,linear", "5,10,linear-exact"))
    assert dark["Content-Type"] == bright["Content-Type"] == "image/jpeg"
    levels = [np.asarray(Image.open(io.BytesIO(answer.content))).mean() for answer in (dark, bright)]
    assert levels[0] < levels[1]
    for odd in ("", "1,2", "a,b,linear", "1,2,round", "1,0,linear", "1,2,linear,4"):
        assert archive.ask(home, window=odd).status_code == 400


def test_metadata_tell_the_record_and_no_pixels(sent: Archive) -> None:
    Patient.objects.filter(number="Q-77").update(last_name="Corrected")
    study = Study.objects.get(patient__number="Q-77")
    [header] = json.loads(sent.ask(f"studies/{study.instance_uid}/metadata").content)
    assert value(header, "00100010")["Alphabetic"] == "Corrected^Béla"
    assert value(header, "00280010") == 512
    assert "7FE00010" not in header
    assert pydicom.Dataset.from_json(header).Manufacturer == "Phantom Works"


def test_metadata_of_a_deflated_film_take_no_room_for_its_pixels(
    archive: Archive, their_archive: Archive
) -> None:
    pixels = np.tile(chest(), (8, 8))  # 4096 pixels a side, 32 MB
    their_archive.store(make_film(pixels, bits=12))
    assert archive.store(make_film(pixels, bits=12, transfer_syntax=syntaxes.DEFLATED)).status_code == 200
    address = f"studies/{Study.objects.first().instance_uid}/metadata"  # type: ignore[union-attr]
    [plain] = json.loads(their_archive.ask(address).content)
    tracemalloc.start()
    [told] = json.loads(archive.ask(address).content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert told == plain
    assert peak < 16 * 1024**2


def test_the_films_of_a_study_are_opened_one_after_the_other(archive: Archive) -> None:
    archive.store(*(make_film(seed=seed, study_uid="1.2.3") for seed in range(5)))
    response = archive.ask("studies/1.2.3", accept='multipart/related; type="application/dicom"')
    assert originals_open() == 0
    most, body = 0, b""
    for piece in response.streaming_content:
        most, body = max(most, originals_open()), body + piece
    assert most == 1
    assert all(make_film(seed=seed, study_uid="1.2.3") in body for seed in range(5))


def originals_open() -> int:
    """How many films' files this process has open."""
    links = (str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.exists())
    return sum(1 for target in links if "/originals/" in target)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.4.90"])
def test_a_frame_comes_as_it_is_stored(archive: Archive, syntax: str) -> None:
    film = make_film(seed=6, transfer_syntax=syntax)
    archive.store(film)
    scan = Scan.objects.get()
    home = home_of(scan)
    response = archive.ask(f"{home}/frames/1")
    assert response.status_code == 200
    body = b"".join(response.streaming_content)
    dataset = pydicom.dcmread(io.BytesIO(film))
    if syntax.endswith(".90"):
        assert b"image/jp2" in body
        frame = next(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=1))
        assert frame.rstrip(b"\0") in body
    else:
        assert dataset.pixel_array.astype("<u2").tobytes() in body
    assert archive.ask(f"{home}/frames/2").status_code == 404


def test_another_clinics_films_are_not_there(sent: Archive, their_archive: Archive) -> None:
    study = uid("study Q-77 3")
    assert len(their_archive.found("studies")) == 1
    for path in ("", "/series", "/instances", "/metadata", "/thumbnail"):
        assert sent.ask(f"studies/{study}{path}").status_code != 404 or path == "/thumbnail"
        assert their_archive.ask(f"studies/{study}{path}").status_code == 404
    assert their_archive.found("instances", SOPInstanceUID=uid("instance Q-77 3")) == []


def test_without_a_token_nothing_is_told(sent: Archive) -> None:
    sent.plain = "carina_wrong"
    for path in ("studies", "instances", f"studies/{uid('study Q-77 3')}"):
        assert sent.ask(path).status_code == 401
    assert sent.store(make_film(seed=9)).status_code == 401


def test_films_that_a_person_took_out_are_not_told(sent: Archive) -> None:
    from django.utils import timezone

    Scan.objects.filter(study__patient__number="Q-77").update(set_aside_at=timezone.now())
    assert names(sent.found("studies")) == ["Phantom^Ada"]


def test_a_film_through_a_strangers_eyes_is_valid_dicom(sent: Archive) -> None:
    film = Scan.objects.get(study__patient__number="Q-77")
    home = home_of(film)
    content = b"".join(sent.ask(home, accept="application/dicom").streaming_content)
    assert by_dcmtk(content, "dcmconv")[128:132] == b"DICM"


def test_a_film_that_is_shown_corrected_leaves_as_it_came(sent: Archive) -> None:
    film = Scan.objects.get(study__patient__number="Q-77")
    predict(film, corrections=["inverted", "rotated_180"])
    film.refresh_from_db()
    assert film.shown_corrections == ["inverted", "rotated_180"]
    came = make_film(seed=3, patient="Q-77", name="Ödön^Béla", StudyDate="20260110", AccessionNumber="X-9")
    whole = sent.ask(home_of(film), accept="application/dicom")
    assert b"".join(whole.streaming_content) == came
    frame = b"".join(sent.ask(f"{home_of(film)}/frames/1").streaming_content)
    assert pydicom.dcmread(io.BytesIO(came)).pixel_array.astype("<u2").tobytes() in frame
