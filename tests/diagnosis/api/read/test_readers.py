"""Reading is on record, kept nowhere on the way, and the clinic's own."""

from accounts.models import AuditEvent
from tests import films
from tests.conftest import Cast
from tests.diagnosis.api.conftest import Computer
from tests.diagnosis.api.read.address import url


def test_no_answer_with_patient_data_is_kept_on_the_way(cast: Cast, computer: Computer) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    assert computer.read(url(scan.study)).headers["Cache-Control"] == "private, no-store"


def test_reading_is_on_record(cast: Cast, computer: Computer) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    computer.read(url(scan.study))
    event = AuditEvent.objects.latest("sequence")
    assert (event.action, event.actor) == ("study.viewed", f"token:{computer.token.prefix}")
    assert event.study_id == str(scan.study.public_id)


def test_another_clinics_study_is_not_found_and_the_try_is_not_a_view(
    cast: Cast, their_computer: Computer
) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    response = their_computer.read(url(scan.study))
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert not AuditEvent.objects.filter(action="study.viewed").exists()


def test_the_number_of_queries_does_not_grow_with_the_films(
    cast: Cast, computer: Computer, django_assert_max_num_queries
) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    for seed in range(1, 6):
        other = films.analysed_scan(cast.clinic_a, cast.doctor, seed=seed)
        other.study = scan.study
        other.save()
    computer.read(url(scan.study))
    with django_assert_max_num_queries(14):
        assert len(computer.read(url(scan.study)).json()["films"]) == 6
