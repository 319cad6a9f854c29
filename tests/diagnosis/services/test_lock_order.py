"""Rows are locked in one order by whatever changes them, so that no two changes wait for each other."""

import io
import re
import threading
import uuid
from collections.abc import Callable
from typing import Any, Final

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from diagnosis.models import (
    Decision,
    HeldFilm,
    Patient,
    ReadingRules,
    Scan,
    ScanStatus,
    SecondReading,
    Sex,
    Study,
)
from diagnosis.services import (
    delivery,
    first_reads,
    lifecycle,
    merging,
    patients,
    reconcile,
    report,
    review,
    studies,
)
from diagnosis.services.intake import films, form, submission
from tests.accounts.race import needs_row_locks
from tests.conftest import Cast
from tests.diagnosis.services.delivery.conftest import dicom_archive
from tests.diagnosis.services.intake.dicom.sending import send
from tests.diagnosis.services.report.papers import place, sign
from tests.diagnosis.services.review.pressing import press, time_is_over
from tests.dicom_studies import dicom_film
from tests.films import analysed_scan, phantom_png

CLINIC, PATIENT, STUDY, FILM = "clinic", "patient", "study", "film"
ORDER: Final = (CLINIC, PATIENT, STUDY, FILM)
OF_TABLE: Final = {
    "accounts_clinic": CLINIC,
    "diagnosis_patient": PATIENT,
    "diagnosis_study": STUDY,
    "diagnosis_scan": FILM,
}
# a foreign key waits for the row it names
NAMED_BY: Final = {
    "diagnosis_patient": (CLINIC,),
    "diagnosis_study": (CLINIC, PATIENT),
    "diagnosis_scan": (CLINIC, STUDY),
    "diagnosis_heldfilm": (CLINIC, PATIENT, STUDY),
    "diagnosis_delivery": (CLINIC, FILM),
    "diagnosis_submission": (CLINIC, STUDY),
    "diagnosis_report": (CLINIC, STUDY),
    "diagnosis_patientmerge": (PATIENT,),
    "diagnosis_pendingsignature": (STUDY,),
    "diagnosis_review": (FILM,),
    "diagnosis_firstread": (STUDY,),
    "diagnosis_secondreading": (STUDY,),
    "diagnosis_claim": (STUDY,),
    "diagnosis_notice": (STUDY,),
}


def locked(sql: str) -> list[str]:
    """The kinds of rows that a statement locks, the last ones last."""
    tables = re.findall(r"`((?:accounts|diagnosis)_\w+)`", sql)
    if sql.endswith("FOR UPDATE"):
        joined = re.findall(r"(?:FROM|JOIN) `((?:accounts|diagnosis)_\w+)`", sql)
        return [OF_TABLE[table] for table in joined if table in OF_TABLE]
    if sql.startswith("UPDATE"):
        return [OF_TABLE[table] for table in tables[:1] if table in OF_TABLE]
    if sql.startswith("INSERT"):
        own = [OF_TABLE[table] for table in tables[:1] if table in OF_TABLE]
        return [*own, *NAMED_BY.get(tables[0], ())] if tables else []
    return []


def out_of_order(statements: list[str]) -> list[str]:
    """What was locked although something later in the order was held already, by transaction."""
    held: list[str] = []
    found = []
    for sql in statements:
        if sql.startswith(("COMMIT", "ROLLBACK")) and "SAVEPOINT" not in sql:
            held = []
        for kind in locked(sql):
            if kind not in held and any(ORDER.index(kind) < ORDER.index(other) for other in held):
                found.append(f"{kind} after {held[-1]}: {sql[:160]}")
            held.append(kind)
    return found


def dicom_into_a_known_study(cast: Cast) -> Callable[[], Any]:
    send(cast, dicom_film(1, PatientBirthDate=None))
    return lambda: send(cast, dicom_film(2, seed=1))  # the record learns the birth date


def dicom_of_a_new_patient(cast: Cast) -> Callable[[], Any]:
    return lambda: send(cast, dicom_film())


def dicom_into_a_study_entered_by_hand(cast: Cast) -> Callable[[], Any]:
    person = patients.find_or_create_patient(clinic=cast.clinic_a, number="P-1", actor=cast.doctor)
    study = studies.create_study(patient=person, actor=cast.doctor)
    return lambda: send(cast, dicom_film(), into=study)


def dicom_by_rest(cast: Cast) -> Callable[[], Any]:
    send(cast, dicom_film(1))
    return lambda: submission.submit(asked(cast, dicom_film(2, seed=1), "film.dcm"))


def picture_by_rest(cast: Cast) -> Callable[[], Any]:
    analysed_scan(cast.clinic_a, cast.doctor)
    return lambda: submission.submit(asked(cast, phantom_png(9), "film.png", sex=Sex.FEMALE))


def asked(cast: Cast, content: bytes, name: str, **patient: Any) -> submission.Request:
    return submission.Request(
        clinic=cast.clinic_a, actor="token:x", door="api", number="P-1", patient=patient, study={},
        films=[(io.BytesIO(content), name)], key="once",
    )  # fmt: skip


def picture_into_a_study(cast: Cast) -> Callable[[], Any]:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    film = io.BytesIO(phantom_png(5))
    return lambda: films.receive(study=study, film=film, name="film.png", actor=cast.doctor)


def study_by_form(cast: Cast) -> Callable[[], Any]:
    analysed_scan(cast.clinic_a, cast.doctor)
    facts = {"number": "P-1", "sex": Sex.FEMALE}
    return lambda: form.enter_study(
        actor=cast.doctor, entry=uuid.uuid4(), patient=facts, study={"reason": "x"}
    )


def patient_corrected(cast: Cast) -> Callable[[], Any]:
    patient = analysed_scan(cast.clinic_a, cast.doctor).study.patient
    return lambda: patients.update_patient(patient=patient, actor=cast.doctor, first_name="Bela")


def study_corrected(cast: Cast) -> Callable[[], Any]:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    return lambda: studies.update_study(study=study, actor=cast.doctor, reason="Cough", urgent=True)


def film_moved(cast: Cast) -> Callable[[], Any]:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    analysed_scan(cast.clinic_a, cast.doctor, number="P-2", seed=2)
    return lambda: studies.move_film(scan=scan, number="P-2", actor=cast.doctor, sex=Sex.FEMALE)


def patients_merged(cast: Cast) -> Callable[[], Any]:
    one = analysed_scan(cast.clinic_a, cast.doctor, number="1").study.patient
    other = analysed_scan(cast.clinic_a, cast.doctor, number="2", seed=2).study.patient

    def merged_and_parted() -> None:
        merging.merge_patients(patient=one, into=other, actor=cast.administrator, reason="twice")
        merging.undo_merge(patient=Patient.objects.get(pk=one.pk), actor=cast.administrator)

    return merged_and_parted


def held_film_filed(cast: Cast) -> Callable[[], Any]:
    send(cast, dicom_film(1))
    send(cast, dicom_film(2, seed=1, PatientName="Phantom^Eva"))
    held = HeldFilm.objects.get()
    return lambda: reconcile.file_on_record(held=held, actor=cast.doctor)


def film_signed_and_dismissed(cast: Cast) -> Callable[[], Any]:
    scan = analysed_scan(cast.clinic_a, cast.doctor)

    def done() -> None:
        review.sign_off(
            scan=scan, prediction=scan.predictions.get(), doctor=cast.doctor, decision=Decision.AGREE
        )
        lifecycle.set_aside(scan=scan, actor=cast.doctor, reason="twice")

    return done


def film_for_an_archive(cast: Cast) -> Callable[[], Any]:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    archive = dicom_archive(cast.clinic_a, 104)
    return lambda: delivery.ask(study=study, archive=archive, actor=cast.doctor)


def document_issued(cast: Cast) -> Callable[[], Any]:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    sign(scan, cast.doctor)
    return lambda: report.issue(study=scan.study, actor=cast.doctor, address=place)


def study_signed_when_its_time_is_over(cast: Cast) -> Callable[[], Any]:
    ReadingRules.objects.create(clinic=cast.clinic_a, second_share=100)
    study = analysed_scan(cast.clinic_a, cast.doctor).study

    def done() -> None:
        time_is_over(press(study, cast.doctor))
        assert review.finalise_due() == 1
        assert SecondReading.objects.exists()

    return done


def first_word_and_signature_taken_back(cast: Cast) -> Callable[[], Any]:
    ReadingRules.objects.create(clinic=cast.clinic_a, blind_first=True)
    study = analysed_scan(cast.clinic_a, cast.doctor).study

    def done() -> None:
        first_reads.give(study=study, doctor=cast.doctor, finding="normal", zones={})
        review.take_back(signature=press(study, cast.doctor), doctor=cast.doctor)

    return done


CHANGES: Final = [
    dicom_into_a_known_study, dicom_of_a_new_patient, dicom_into_a_study_entered_by_hand, dicom_by_rest,
    picture_by_rest, picture_into_a_study, study_by_form, patient_corrected, study_corrected, film_moved,
    patients_merged, held_film_filed, film_signed_and_dismissed, film_for_an_archive,
    document_issued, study_signed_when_its_time_is_over, first_word_and_signature_taken_back,
]  # fmt: skip


@needs_row_locks
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("prepare", CHANGES, ids=lambda change: change.__name__)
def test_clinic_then_patient_then_study_then_film(cast: Cast, prepare: Callable[[Cast], Any]) -> None:
    change = prepare(cast)
    with CaptureQueriesContext(connection) as captured:
        change()
    statements = [str(query["sql"]) for query in captured.captured_queries]
    assert any(locked(sql) for sql in statements)
    assert out_of_order(statements) == []


@needs_row_locks
@pytest.mark.django_db(transaction=True)
def test_films_corrections_and_moves_at_once_all_come_through(cast: Cast) -> None:
    """No change is given up because two wait for each other."""
    send(cast, dicom_film(1))
    study, patient = Study.objects.get(), Patient.objects.get()
    Scan.objects.update(status=ScanStatus.ANALYSED)
    before, errors = deadlocks(), []
    start = threading.Barrier(3)

    def each(work: Callable[[int], Any]) -> None:
        try:
            start.wait()
            for turn in range(12):
                work(turn)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    def film(turn: int) -> None:
        send(cast, dicom_film(10 + turn, seed=turn))

    def correction(turn: int) -> None:
        patients.update_patient(patient=patient, actor=cast.doctor, first_name=("Ada", "")[turn % 2])

    def picture(turn: int) -> None:
        content = io.BytesIO(phantom_png(100 + turn))
        films.receive(study=study, film=content, name="film.png", actor=cast.doctor)

    threads = [threading.Thread(target=each, args=(work,)) for work in (film, correction, picture)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert deadlocks() == before


def deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")
        found = cursor.fetchone()
    return int(found[1]) if found else 0
