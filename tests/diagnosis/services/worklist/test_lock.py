"""Two changes to one study wait for one another; otherwise each would be summed up without the other."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections, transaction

from diagnosis.models import Review, Scan, Study, StudyState
from diagnosis.services import review, worklist
from tests.conftest import Cast
from tests.films import analysed_scan

pytestmark = pytest.mark.django_db(transaction=True)


def in_a_thread(act: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_the_second_waits_until_the_first_has_written(cast: Cast) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    order: list[str] = []
    began = threading.Event()

    def second() -> None:
        began.set()
        with transaction.atomic():
            worklist.lock(study.pk)
            order.append("second")

    with transaction.atomic():
        worklist.lock(study.pk)
        thread = in_a_thread(second)
        assert began.wait(10)
        thread.join(0.5)  # without the lock it would be through long before
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]


@pytest.mark.only_on("mysql")  # SQLite takes one writer at a time
def test_the_row_is_locked_where_writers_work_side_by_side(cast: Cast) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    with transaction.atomic():
        queries: list[str] = []

        def note(execute: Callable, sql: str, *rest: object) -> object:
            queries.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(note):
            worklist.lock(study.pk)
    assert queries[-1].endswith("FOR UPDATE")


def test_two_doctors_sign_two_films_at_once_and_the_study_is_read(cast: Cast) -> None:
    first, second = (analysed_scan(cast.clinic_a, cast.doctor, seed=seed) for seed in (1, 2))
    Scan.objects.filter(pk=second.pk).update(study=first.study)
    second.refresh_from_db()
    worklist.refresh(first.study)
    ready = threading.Barrier(2, timeout=20)

    def sign(scan: Scan, doctor: object) -> None:
        ready.wait()
        review.sign_off(scan=scan, prediction=scan.predictions.get(), doctor=doctor, decision="agree")

    threads = [
        in_a_thread(lambda scan=scan, doctor=doctor: sign(scan, doctor))
        for scan, doctor in ((first, cast.doctor), (second, cast.colleague))
    ]
    for thread in threads:
        thread.join(60)
    study = Study.objects.get(pk=first.study_id)
    assert Review.objects.count() == 2
    assert (study.state, study.films_read) == (StudyState.REVIEWED, 2)


def test_two_doctors_sign_one_film_at_once_and_one_is_told(cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    shown = review.Shown(study=scan.study.public_id, review=None)
    ready, told = threading.Barrier(2, timeout=20), []

    def sign(doctor: object) -> None:
        prediction = scan.predictions.get()
        ready.wait()
        try:
            review.sign_off(scan=scan, prediction=prediction, doctor=doctor, decision="agree", shown=shown)
        except review.ReviewRefused as refused:
            told.append(refused.message)

    threads = [in_a_thread(lambda doctor=doctor: sign(doctor)) for doctor in (cast.doctor, cast.colleague)]
    for thread in threads:
        thread.join(60)
    assert Review.objects.count() == 1
    assert len(told) == 1
    assert "signed Pneumonia at" in told[0]
