"""What is dropped into a list of many films is checked, kept and told; nothing of it is on record yet."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from diagnosis.imaging.refusal import FilmRefused
from diagnosis.models import Batch, BatchFilm, BatchState, Patient, Scan, Study
from diagnosis.services import batches, storage, upkeep
from diagnosis.services.intake.batch_films import add
from tests.conftest import Cast
from tests.diagnosis.services.intake.drafts import dropped, rows, typed
from tests.dicom_studies import dicom_film
from tests.films import phantom_png

pytestmark = pytest.mark.django_db


def test_a_dropped_film_is_a_row_with_a_guess_and_nothing_is_on_record(cast: Cast) -> None:
    (added,) = dropped(cast.technician, **{"P-1042_pa": 1})
    (row,) = rows(cast.technician)
    assert added.film == row
    assert (row.name, row.typed["number"], row.state) == ("P-1042_pa.png", "P-1042", BatchState.DRAFT)
    assert row.typed["taken_on"] == f"{timezone.localdate():%Y-%m-%d}"
    assert batches.path_of(row).read_bytes() == phantom_png(1)
    assert not Patient.objects.exists()
    assert not Scan.objects.exists()


def test_a_file_that_is_no_film_is_a_row_with_its_reason(cast: Cast) -> None:
    dropped(cast.technician, letter=b"%PDF-1.7 no film", film=1)
    letter, film = rows(cast.technician)
    assert (letter.state, film.state) == (BatchState.REFUSED, BatchState.DRAFT)
    assert "PDF" in letter.told
    assert letter.stored == ""
    assert AuditEvent.objects.filter(action="scan.refused").count() == 1


def test_the_same_file_twice_is_one_row(cast: Cast) -> None:
    _, again = dropped(cast.technician, first=1, second=1)
    assert "already" in again.text
    assert "first.png" in again.text
    assert [row.name for row in rows(cast.technician)] == ["first.png"]
    folder = storage.path_of(f"batches/{rows(cast.technician)[0].batch.public_id}")
    assert len(list(folder.iterdir())) == 1


def test_a_file_sent_again_after_a_broken_line_is_no_second_refusal(cast: Cast) -> None:
    for _ in range(2):
        dropped(cast.technician, letter=b"%PDF-1.7 no film")
    assert len(rows(cast.technician)) == 1
    assert AuditEvent.objects.filter(action="scan.refused").count() == 1


def test_a_zip_is_taken_apart_pictures_too(cast: Cast) -> None:
    parcel = io.BytesIO()
    with zipfile.ZipFile(parcel, "w") as archive:
        archive.writestr("a/P-1042.png", phantom_png(1))
        archive.writestr("a/K.dcm", dicom_film(PatientID="K-77"))
        archive.writestr("a/letter.pdf", b"%PDF-1.7")
        archive.writestr(".DS_Store", b"x")
        archive.writestr("../out.png", phantom_png(2))
    told = add(actor=cast.technician, files=[(parcel, "films.zip")])
    assert [(row.name, row.state, row.typed.get("number", "")) for row in rows(cast.technician)] == [
        ("films.zip › P-1042.png", "draft", "P-1042"),
        ("films.zip › K.dcm", "draft", "K-77"),
        ("films.zip › letter.pdf", "refused", ""),
        ("films.zip › out.png", "refused", ""),
    ]
    assert [one.text for one in told if one.film is None] == [
        "A file of the computer’s own; it was passed over."
    ]
    assert batches.film_name(rows(cast.technician)[0]) == "P-1042.png"


def test_a_dicom_film_keeps_what_its_header_says(cast: Cast) -> None:
    add(actor=cast.technician, files=[(io.BytesIO(dicom_film()), "IM1")])
    (row,) = rows(cast.technician)
    assert row.is_dicom
    assert row.header["accession_number"] == "A-77"
    assert row.header["birth_date"] == "1961-04-23"


def test_the_list_has_an_end_and_says_so(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_FILMS", 1)
    _, over = dropped(cast.technician, first=1, second=2)
    assert over.film is None
    assert "Send these first" in over.text
    assert len(rows(cast.technician)) == 1


def test_a_full_disk_is_told_and_leaves_no_row(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "has_room", lambda size=0: False)
    (told,) = dropped(cast.technician, film=1)
    assert told.later
    assert "could not store" in told.text
    assert rows(cast.technician) == []


def test_what_is_typed_is_kept_word_for_word(cast: Cast) -> None:
    dropped(cast.technician, film=1)
    (row,) = rows(cast.technician)
    typed(row, number=" P-7 ", birth_date="31.2.1990", surname="x")
    assert row.typed["number"] == " P-7 "
    assert row.typed["birth_date"] == "31.2.1990"
    assert "surname" not in row.typed


def test_a_film_taken_out_leaves_no_file(cast: Cast) -> None:
    dropped(cast.technician, film=1)
    (row,) = rows(cast.technician)
    batches.thumbnail(row)
    assert batches.remove(row)
    assert rows(cast.technician) == []
    assert list(storage.path_of(f"batches/{row.batch.public_id}").iterdir()) == []


def test_a_film_has_a_small_picture_and_a_cut_off_one_says_so_before_it_is_sent(cast: Cast) -> None:
    dropped(cast.technician, whole=1, cut=phantom_png(2)[:20_000])
    whole, cut = rows(cast.technician)
    assert batches.thumbnail(whole).startswith(b"\xff\xd8")
    assert batches.thumbnail(whole) == storage.path_of(batches.thumbnail_path(whole)).read_bytes()
    with pytest.raises(FilmRefused):
        batches.thumbnail(cut)
    cut.refresh_from_db()
    assert cut.told


def test_each_person_has_a_list_of_their_own_in_each_clinic(cast: Cast) -> None:
    dropped(cast.technician, film=1)
    dropped(cast.doctor, film=1)
    assert len(rows(cast.technician)) == len(rows(cast.doctor)) == 1
    assert batches.of(cast.doctor) == batches.of(cast.doctor)
    assert Batch.objects.count() == 2


def test_a_list_that_nobody_touches_goes_with_its_files_and_one_in_use_stays(cast: Cast) -> None:
    dropped(cast.technician, old=1)
    dropped(cast.doctor, new=2)
    (old,), (new,) = rows(cast.technician), rows(cast.doctor)
    long_ago = timezone.now() - timedelta(days=batches.KEPT_DAYS, minutes=1)
    Batch.objects.filter(pk=old.batch_id).update(changed_at=long_ago)
    upkeep.tidy()
    assert list(BatchFilm.objects.all()) == [new]
    assert not batches.path_of(old).parent.exists()
    assert batches.path_of(new).exists()
    assert not Study.objects.exists()
