"""A program that lost its answer finds its study again, and hears what changed; its own clinic's alone."""

from datetime import date, timedelta
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import SettingsWrapper

from accounts.models import AuditEvent
from diagnosis.models import Scan, Study
from diagnosis.services import patients, studies
from tests.conftest import Cast
from tests.diagnosis.api.conftest import STUDIES, Computer
from tests.diagnosis.api.submit.made import assert_problem
from tests.films import analysed_scan, predict, queued_scan


def ids(computer: Computer, query: str = "") -> list[str]:
    answer = computer.read(f"{STUDIES}?{query}")
    assert answer.status_code == 200, answer.content
    return [study["id"] for study in answer.json()["studies"]]


@pytest.fixture
def two(cast: Cast) -> list[Study]:
    """One study to review and one that waits, of two patients; and one of another clinic."""
    one = analysed_scan(cast.clinic_a, cast.doctor, number="N-1", seed=1).study
    studies.update_study(study=one, actor=cast.doctor, accession_number="ACC-9")
    other = queued_scan(cast.clinic_a, cast.doctor, number="N-2", seed=2).study
    theirs = queued_scan(cast.clinic_b, cast.stranger, number="N-1", seed=3).study
    studies.update_study(study=theirs, actor=cast.stranger, accession_number="ACC-9")
    return [one, other]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [0, 1]),
        ("accession_number=acc%E2%80%919", [0]),
        ("accession_number=ACC", []),
        ("patient_number=n-1", [0]),
        ("patient_number=N-3", []),
        ("state=waiting", [1]),
        ("state=to_review&patient_number=N-2", []),
        ("limit=1", [0]),
    ],
)
def test_studies_are_found_by_what_a_program_knows(
    computer: Computer, two: list[Study], query: str, found: list[int]
) -> None:
    assert ids(computer, query) == [str(two[place].public_id) for place in found]


def test_what_changed_since_is_listed_the_oldest_change_first(
    computer: Computer, cast: Cast, two: list[Study]
) -> None:
    now = timezone.now()
    for study, hours in zip(two, (5, 3), strict=True):
        Study.objects.filter(pk=study.pk).update(changed_at=now - timedelta(hours=hours))
    since = quote((now - timedelta(hours=4)).isoformat())
    assert ids(computer, f"changed_since={since}") == [str(two[1].public_id)]
    studies.update_study(study=two[0], actor=cast.doctor, reason="fall")
    assert ids(computer, f"changed_since={since}") == [str(two[1].public_id), str(two[0].public_id)]
    Study.objects.update(changed_at=now - timedelta(hours=5))
    predict(Scan.objects.get(study=two[1]))
    assert ids(computer, f"changed_since={since}") == [str(two[1].public_id)]


def test_pages_follow_one_another_and_none_is_listed_twice(computer: Computer, cast: Cast) -> None:
    made = [str(queued_scan(cast.clinic_a, cast.doctor, seed=seed).study.public_id) for seed in range(5)]
    Study.objects.update(changed_at=timezone.now())
    address, seen = f"{STUDIES}?limit=2&patient_number=p-1", []
    while address:
        page = computer.read(address).json()
        seen.append([study["id"] for study in page["studies"]])
        address = page["next"]
    assert seen == [made[:2], made[2:4], made[4:]]


@pytest.mark.parametrize(
    ("query", "wrong", "words"),
    [
        ("patient=N-1", "patient", "The filters are: accession_number, patient_number"),
        ("state=new", "state", "empty, waiting, to_review"),
        ("changed_since=2026-03-02", "changed_since", "Send the time too"),
        ("limit=1000", "limit", "100"),
        ("cursor=xyz", "cursor", "as it stands in “next”"),
        ("state=waiting&state=waiting", "state", "more than once"),
        ("patient_number=M%FCller", "patient_number", "letters were lost"),
        ("patient_number=%E2%80%8B", "patient_number", "may not be blank"),
    ],
)
def test_a_wrong_question_says_what_is_expected(
    computer: Computer, cast: Cast, query: str, wrong: str, words: str
) -> None:
    body = assert_problem(computer.read(f"{STUDIES}?{query}"), 400, "invalid")
    assert list(body["errors"]) == [wrong]
    assert words in body["errors"][wrong][0]


def test_a_plus_sign_that_became_a_space_is_understood(computer: Computer, two: list[Study]) -> None:
    assert ids(computer, "changed_since=2026-03-02T08:15:00+01:00") != []


def test_what_was_listed_is_on_record(computer: Computer, two: list[Study]) -> None:
    ids(computer, "patient_number=N-1")
    event = AuditEvent.objects.get(action="list.viewed")
    assert event.actor == f"token:{computer.token.prefix}"
    assert set(event.facts["shown"]) == {f"study:{two[0].public_id}", f"patient:{two[0].patient.public_id}"}
    ids(computer, "patient_number=N-3")
    assert AuditEvent.objects.filter(action="list.viewed").count() == 1


def test_another_clinic_lists_its_own(their_computer: Computer, two: list[Study]) -> None:
    (found,) = ids(their_computer, "accession_number=ACC-9")
    assert found not in [str(study.public_id) for study in two]


def test_a_correction_of_the_patient_alone_is_a_change_of_their_studies(
    computer: Computer, cast: Cast, two: list[Study]
) -> None:
    before = timezone.now() - timedelta(hours=5)
    Study.objects.update(changed_at=before)
    since = quote((timezone.now() - timedelta(hours=1)).isoformat())
    patients.update_patient(patient=two[0].patient, actor=cast.doctor, number="N-9")
    assert ids(computer, f"changed_since={since}") == [str(two[0].public_id)]
    patients.find_or_create_patient(
        clinic=cast.clinic_a, number="N-2", actor=cast.doctor, birth_date=date(1960, 3, 2)
    )
    assert ids(computer, f"changed_since={since}") == [str(study.public_id) for study in two]
    patients.update_patient(patient=two[1].patient, actor=cast.doctor, number="N-2")
    Study.objects.update(changed_at=before)
    patients.update_patient(patient=two[1].patient, actor=cast.doctor, number="N-2")
    assert ids(computer, f"changed_since={since}") == [], "nothing was changed"


def test_addresses_in_answers_are_the_portals_own_whatever_the_host(
    computer: Computer, two: list[Study], settings: SettingsWrapper
) -> None:
    settings.PUBLIC_ADDRESS = "https://carina.example.org"
    settings.ALLOWED_HOSTS = ["10.0.0.7"]
    computer.client = Client(HTTP_HOST="10.0.0.7:8000")
    page = computer.read(f"{STUDIES}?limit=1").json()
    assert page["next"].startswith(f"https://carina.example.org{STUDIES}?limit=1&cursor=")
    own = f"https://carina.example.org{STUDIES}{two[0].public_id}/"
    assert page["studies"][0]["url"] == own
    assert computer.read(f"{STUDIES}{two[0].public_id}/").json()["url"] == own


def test_a_childs_result_carries_its_word_in_the_list_as_with_the_film(
    computer: Computer, cast: Cast, two: list[Study], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    child = two[0]
    Scan.objects.filter(study=child).update(is_phantom=False)
    patients.update_patient(patient=child.patient, actor=cast.doctor, birth_date="2024-05-01")
    with django_assert_max_num_queries(14):
        listed = {study["id"]: study for study in computer.read(STUDIES).json()["studies"]}
    word = listed[str(child.public_id)]["network_age_caution"]
    assert word["code"] == "too_young"
    assert "there is no advice" in word["message"]
    assert listed[str(two[1].public_id)]["network_age_caution"] is None, "no result yet"
    whole = computer.read(f"{STUDIES}{child.public_id}/").json()
    assert (whole["network_age_caution"], whole["films"][0]["prediction"]["age_caution"]) == (word, word)
