"""Senders at the same time: nothing twice, nothing lost."""

import threading
from collections import Counter
from collections.abc import Sequence

import pytest
from django.db import connection

from diagnosis.models import HeldFilm, Patient, Scan, Study
from diagnosis.services.intake.dicom import CONFLICT, DUPLICATE, HELD, RECEIVED
from tests.conftest import Cast
from tests.diagnosis.services.intake.dicom.sending import send
from tests.dicom_studies import dicom_film


def sent_at_once(cast: Cast, films: Sequence[bytes]) -> Counter[str]:
    outcomes: list[str] = []
    errors: list[BaseException] = []
    start = threading.Barrier(len(films))

    def run(film: bytes) -> None:
        try:
            start.wait()
            outcomes.append(send(cast, film).outcome)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(film,)) for film in films]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    return Counter(outcomes)


@pytest.mark.django_db(transaction=True)
def test_case_12_the_same_film_at_once_is_on_record_once(cast: Cast) -> None:
    assert sent_at_once(cast, [dicom_film()] * 4) == {RECEIVED: 1, DUPLICATE: 3}
    assert (Patient.objects.count(), Study.objects.count(), Scan.objects.count()) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_case_12_two_films_with_one_identifier_at_once_keep_one(cast: Cast) -> None:
    films = [dicom_film(seed=seed) for seed in range(3)]
    assert sent_at_once(cast, films) == {RECEIVED: 1, CONFLICT: 2}
    assert Scan.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_case_12_a_held_and_a_good_film_with_one_identifier_keep_one(cast: Cast) -> None:
    films = [dicom_film(), dicom_film(PatientID=""), dicom_film(PatientID="", seed=1)]
    counted = sent_at_once(cast, films)
    assert counted[CONFLICT] == 2
    assert counted[RECEIVED] + counted[HELD] == 1
    assert Scan.objects.count() + HeldFilm.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_films_of_a_study_at_once_make_one_study(cast: Cast) -> None:
    films = [dicom_film(number, seed=number) for number in range(1, 7)]
    assert sent_at_once(cast, films) == {RECEIVED: 6}
    assert (Patient.objects.count(), Study.objects.count()) == (1, 1)
    assert Study.objects.get().films_counted == 6


@pytest.mark.django_db(transaction=True)
def test_two_people_under_one_number_at_once_are_never_mixed(cast: Cast) -> None:
    films = [dicom_film(1), dicom_film(2, seed=1, StudyInstanceUID="1.2.3", PatientName="Other^Eva")]
    assert sent_at_once(cast, films) == {RECEIVED: 1, HELD: 1}
    assert Patient.objects.count() == 1
