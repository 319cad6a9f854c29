"""A list of many films is sent once: by patient and day, never half a record, and never twice."""

import io
import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connections
from django.utils import timezone

from diagnosis.forms import BatchFilmForm
from diagnosis.models import BatchFilm, BatchState, HeldFilm, Patient, Scan, Study
from diagnosis.services import batches, patients
from diagnosis.services.intake import batch_filing, batch_sending
from diagnosis.services.intake.batch_films import add
from diagnosis.services.intake.batch_sending import Sent, send
from tests.accounts.race import needs_row_locks
from tests.conftest import Cast
from tests.diagnosis.services.intake.drafts import dropped, pressed, rows, typed
from tests.dicom_studies import dicom_film
from tests.films import phantom_png

pytestmark = pytest.mark.django_db


def states(cast: Cast) -> list[str]:
    return [row.state for row in rows(cast.technician)]


def test_films_of_one_patient_and_day_become_one_study(cast: Cast) -> None:
    dropped(cast.technician, **{"P-1042_pa": 1, "P-1042_again": 2, "P-9001": 3})
    yesterday = timezone.localdate() - timedelta(days=1)
    dropped(cast.technician, **{"P-1042 old": 4})
    typed(rows(cast.technician)[3], taken_on=f"{yesterday:%Y-%m-%d}", urgent="on")
    sent = pressed(cast.technician)
    assert (sent.films, sent.back, sent.left) == (4, 0, 0)
    assert states(cast) == ["sent"] * 4
    assert sorted((study.patient.number, study.scans.count()) for study in Study.objects.all()) == [
        ("P-1042", 1), ("P-1042", 2), ("P-9001", 1),
    ]  # fmt: skip
    old = rows(cast.technician)[3].study
    assert old is not None
    assert (timezone.localdate(old.taken_at), old.urgent) == (yesterday, True)
    assert Scan.objects.get(original_name="P-9001.png").sha256
    assert not any(batches.path_of(row).exists() for row in rows(cast.technician))


def test_a_second_press_sends_nothing_again(cast: Cast) -> None:
    dropped(cast.technician, **{"P-1042": 1})
    pressed(cast.technician)
    assert pressed(cast.technician).films == 0
    assert (Study.objects.count(), Scan.objects.count()) == (1, 1)


def test_a_row_that_is_not_filled_in_stays_and_costs_nobody(cast: Cast) -> None:
    dropped(cast.technician, **{"chest": 1, "P-1042": 2})
    assert pressed(cast.technician).films == 1
    assert states(cast) == ["draft", "sent"]


def test_the_number_of_somebody_else_stays_with_its_reason_and_writes_nothing(cast: Cast) -> None:
    patients.find_or_create_patient(
        clinic=cast.clinic_a, number="P-1042", actor=cast.doctor, first_name="Ada", last_name="Nunes"
    )
    dropped(cast.technician, **{"P-1042": 1, "P-9001": 2})
    typed(rows(cast.technician)[0], first_name="Eva", last_name="Braun")
    sent = pressed(cast.technician)
    assert (sent.films, sent.back) == (1, 1)
    row = rows(cast.technician)[0]
    assert row.state == BatchState.DRAFT
    assert "a different first name" in row.told
    assert batches.path_of(row).exists()
    typed(row, number="P-2000", first_name="Eva", last_name="Braun")
    assert row.told == ""
    assert pressed(cast.technician).films == 1
    assert Patient.objects.get(number="P-2000").last_name == "Braun"


def test_a_number_that_became_somebody_elses_since_it_was_looked_at_comes_back(cast: Cast) -> None:
    dropped(cast.technician, **{"P-1042": 1, "P-9001": 2})
    films = rows(cast.technician)
    batches.note_shown(films, batches.owners_of(films[0].batch, films))
    patients.find_or_create_patient(
        clinic=cast.clinic_a, number="P-1042", actor=cast.doctor, first_name="Ngozi", last_name="Okoro",
        birth_date="1990-05-02",
    )  # fmt: skip
    sent = pressed(cast.technician, looks=False)
    assert (sent.films, sent.back) == (1, 1)
    row = rows(cast.technician)[0]
    assert row.state == BatchState.DRAFT
    assert row.told == "The number is now Ngozi Okoro’s, born 2 May 1990: look again, then send."
    assert pressed(cast.technician).films == 1


def test_a_number_that_is_nobodys_any_more_comes_back(cast: Cast) -> None:
    known = patients.find_or_create_patient(clinic=cast.clinic_a, number="P-1042", actor=cast.doctor)
    dropped(cast.technician, **{"P-1042": 1})
    films = rows(cast.technician)
    batches.note_shown(films, batches.owners_of(films[0].batch, films))
    patients.update_patient(patient=known, actor=cast.doctor, number="P-9999")
    assert pressed(cast.technician, looks=False).back == 1
    assert "Nobody has this number any more" in rows(cast.technician)[0].told
    assert not Study.objects.exists()


def test_a_new_patient_of_two_days_is_sent_with_one_press(cast: Cast) -> None:
    dropped(cast.technician, **{"P-1042": 1, "P-1042 old": 2})
    typed(rows(cast.technician)[1], taken_on=f"{timezone.localdate() - timedelta(days=1):%Y-%m-%d}")
    assert pressed(cast.technician).films == 2
    assert (Patient.objects.count(), Study.objects.count()) == (1, 2)


def test_two_rows_that_contradict_each_other_both_stay(cast: Cast) -> None:
    dropped(cast.technician, **{"P-1042": 1, "P-1042 b": 2})
    one, other = rows(cast.technician)
    typed(one, last_name="Nunes")
    typed(other, last_name="Braun")
    assert pressed(cast.technician).back == 2
    assert all("last name" in row.told for row in rows(cast.technician))
    assert not Patient.objects.exists()
    typed(other, last_name="NUNES")
    assert pressed(cast.technician).films == 2
    assert Study.objects.count() == 1


def test_dicom_films_find_their_own_study_and_bring_their_facts(cast: Cast) -> None:
    films = [(io.BytesIO(dicom_film(number)), f"IM{number}") for number in (1, 2)]
    add(actor=cast.technician, files=films)
    assert pressed(cast.technician).films == 2
    study = Study.objects.get()
    assert (study.accession_number, study.scans.count()) == ("A-77", 2)
    assert study.patient.birth_date == "1961-04-23"


def test_a_number_that_a_dicom_film_contradicts_is_refused_in_words(cast: Cast) -> None:
    add(actor=cast.technician, files=[(io.BytesIO(dicom_film(PatientID="K-77")), "IM1")])
    typed(rows(cast.technician)[0], number="K-78")
    assert pressed(cast.technician).back == 1
    assert "patient number" in rows(cast.technician)[0].told
    assert not Study.objects.exists()


def test_a_dicom_film_that_contradicts_the_record_is_kept_for_a_person_to_settle(cast: Cast) -> None:
    patients.find_or_create_patient(
        clinic=cast.clinic_a, number="K-77", actor=cast.doctor, birth_date="1990-01-01"
    )
    add(actor=cast.technician, files=[(io.BytesIO(dicom_film(PatientID="K-77")), "IM1")])
    assert pressed(cast.technician).films == 1
    (row,) = rows(cast.technician)
    assert (row.state, row.study) == (BatchState.SENT, None)
    assert "not filed yet" in row.told
    assert HeldFilm.objects.count() == 1


def test_a_film_on_record_for_another_patient_stays(cast: Cast) -> None:
    dropped(cast.technician, **{"P-1042": 1})
    pressed(cast.technician)
    batches.clear_sent(batches.of(cast.technician))
    dropped(cast.technician, **{"P-9001": 1})
    assert pressed(cast.technician).back == 1
    assert "another patient" in rows(cast.technician)[0].told
    assert not Patient.objects.filter(number="P-9001").exists()


def test_a_film_on_record_already_leads_to_its_study(cast: Cast) -> None:
    dropped(cast.technician, **{"P-1042": 1})
    pressed(cast.technician)
    dropped(cast.technician, **{"P-1042": 1})
    assert pressed(cast.technician).films == 1
    first, again = rows(cast.technician)
    assert again.study == first.study
    assert "already" in again.told
    assert Scan.objects.count() == 1


def test_somebody_alike_is_asked_about_once(cast: Cast) -> None:
    facts = {"first_name": "Ada", "last_name": "Nunes", "birth_date": "1961-04-23"}
    known = patients.find_or_create_patient(clinic=cast.clinic_a, number="Q-1", actor=cast.doctor, **facts)
    dropped(cast.technician, **{"P-1042": 1})
    typed(rows(cast.technician)[0], **facts)
    sent = pressed(cast.technician)
    (row,) = rows(cast.technician)
    assert (sent.back, sent.looked, row.alike) == (1, [known], [str(known.public_id)])
    typed(row, other_person="on")
    assert pressed(cast.technician).films == 1
    assert Patient.objects.count() == 2


def test_an_answer_about_one_number_does_not_count_for_another(cast: Cast) -> None:
    patients.find_or_create_patient(clinic=cast.clinic_a, number="P-1041", actor=cast.doctor)
    dropped(cast.technician, **{"P-1042": 1})
    pressed(cast.technician)
    (row,) = rows(cast.technician)
    typed(row, other_person="on", number="P-1040")
    assert (row.alike, "other_person" in row.typed) == ([], False)
    assert pressed(cast.technician).back == 1


def test_numbers_in_a_row_of_one_list_are_no_look_alikes(cast: Cast) -> None:
    dropped(cast.technician, **{f"P-104{last}": last for last in range(4)})
    assert pressed(cast.technician).films == 4
    assert Patient.objects.count() == 4


def test_what_the_computer_stopped_at_is_finished_and_not_sent_twice(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped(cast.technician, **{"P-1042": 1, "P-1042 b": 2})

    def stops(*args: object) -> None:
        raise OperationalError("gone away")

    with monkeypatch.context() as broken:  # filed, and the power failed before anybody noted it
        broken.setattr(batch_sending, "_settle", stops)
        with pytest.raises(OperationalError):
            pressed(cast.technician)
    assert Study.objects.count() == 1
    assert states(cast) == ["sending", "sending"]
    assert pressed(cast.technician).busy == 2  # perhaps another tab is at it
    BatchFilm.objects.update(sending_at=timezone.now() - batches.ANOTHER_TRY - timedelta(seconds=1))
    assert pressed(cast.technician).films == 2
    assert states(cast) == ["sent", "sent"]
    assert (Study.objects.count(), Scan.objects.count()) == (1, 2)


def test_what_is_being_sent_is_neither_changed_nor_taken_out(cast: Cast) -> None:
    dropped(cast.technician, **{"P-1042": 1})
    (row,) = rows(cast.technician)
    BatchFilm.objects.update(state=BatchState.SENDING)
    typed(row, number="P-9")
    assert row.typed["number"] == "P-1042"
    assert not batches.remove(row)


def test_a_row_changed_in_another_tab_while_it_was_sent_stays(cast: Cast) -> None:
    dropped(cast.technician, **{"P-1042": 1})
    (stale,) = rows(cast.technician)
    typed(rows(cast.technician)[0], last_name="Nunes")
    form = batch_filing.Ready(stale, "P-1042", {}, timezone.localdate(), False, False)
    assert batch_sending.send(actor=cast.technician, ready=[form]).back == 1
    assert "another tab" in rows(cast.technician)[0].told
    assert not Study.objects.exists()


def test_a_press_that_takes_too_long_leaves_the_rest_for_the_next(cast: Cast) -> None:
    dropped(cast.technician, **{"P-1042": 1, "Q-1": 2, "R-22": 3})
    typed(rows(cast.technician)[1], number="Q-1")
    first = pressed(cast.technician, seconds=-1)
    assert (first.films, first.left) == (1, 2)
    assert pressed(cast.technician).films == 2


def test_a_file_that_is_gone_says_so(cast: Cast) -> None:
    dropped(cast.technician, **{"P-1042": 1})
    batches.path_of(rows(cast.technician)[0]).unlink()
    assert pressed(cast.technician).back == 1
    assert "not here any more" in rows(cast.technician)[0].told


def test_the_film_on_record_is_the_one_that_was_dropped(cast: Cast) -> None:
    dropped(cast.technician, **{"P-1042": 5})
    pressed(cast.technician)
    assert batches.storage.path_of(Scan.objects.get().original).read_bytes() == phantom_png(5)


@needs_row_locks
@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_press_at_once_send_once(cast: Cast) -> None:
    dropped(cast.technician, **{"P-1042": 1, "P-9001": 2})
    start = threading.Barrier(2)
    found: list[Sent | Exception] = []

    def press() -> None:
        ready = [BatchFilmForm(film, checked=True) for film in rows(cast.technician)]
        assert all(form.is_valid() for form in ready)
        try:
            start.wait(20)
            found.append(send(actor=cast.technician, ready=[form.ready() for form in ready]))
        except Exception as error:
            found.append(error)
        finally:
            connections.close_all()

    tabs = [threading.Thread(target=press) for _ in range(2)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join(60)
    assert [sum(getattr(one, name) for one in found) for name in ("films", "busy")] == [2, 2], found
    assert states(cast) == ["sent", "sent"]
    assert (Study.objects.count(), Scan.objects.count()) == (2, 2)
