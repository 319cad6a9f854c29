"""The pages about work for several clinics, as the person and the administrators use them."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts import memberships
from accounts.models import Membership, Role, User
from diagnosis.models import NoticeKind
from diagnosis.services import notice
from tests.accounts.joining import joined, switched
from tests.conftest import Cast
from tests.diagnosis.views.pages import text_of
from tests.films import analysed_scan

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
LIST = "/accounts/memberships/"


@pytest.fixture
def enter(db: None) -> Callable[[User], Client]:
    def as_user(user: User) -> Client:
        client = Client()
        client.force_login(user, backend=BACKEND)
        return client

    return as_user


def switch_to(client: Client, row: Membership) -> str:
    return text_of(client.post(f"{LIST}switch/", {"membership": str(row.public_id)}, follow=True))


def test_asked_in_the_profile_approved_by_the_other_clinic_and_switched_in_the_header(
    cast: Cast, enter: Callable[[User], Client]
) -> None:
    doctor, other = enter(cast.doctor), enter(cast.other_administrator)
    typed = {"clinic": str(cast.clinic_b.public_id), "role": "doctor"}
    assert "Clinic B is asked" in text_of(doctor.post(f"{LIST}new/", typed, follow=True))
    assert "Waits for its administrator" in text_of(doctor.get("/accounts/profile/"))
    assert "Switch to" not in text_of(doctor.get("/worklist/"))
    assert "1 asks to work here" in text_of(other.get("/worklist/"))
    page = text_of(other.get(LIST))
    assert "Doctor Test" in page
    assert "licence A-1" in page
    row = Membership.objects.get(clinic=cast.clinic_b)
    assert "may work for Clinic B now" in text_of(other.post(f"{LIST}{row.public_id}/approve/", follow=True))
    assert "Switch to Clinic B" in text_of(doctor.get("/worklist/"))
    told = switch_to(doctor, row)
    assert "You work for Clinic B now, as doctor, in every browser" in told
    assert "Switch to Clinic A" in told


def test_a_person_of_one_clinic_has_no_switch(cast: Cast, enter: Callable[[User], Client]) -> None:
    assert "Switch to" not in text_of(enter(cast.doctor).get("/worklist/"))


def test_every_browser_follows_and_the_other_clinics_patients_are_not_found(
    cast: Cast, enter: Callable[[User], Client]
) -> None:
    study = f"/studies/{analysed_scan(cast.clinic_a, cast.technician).study.public_id}/"
    one, two = enter(cast.doctor), enter(cast.doctor)
    assert two.get(study).status_code == 200
    row = joined(cast)
    switch_to(one, row)
    assert two.get(study).status_code == 404
    assert "Clinic B" in text_of(two.get("/worklist/"))
    switch_to(two, Membership.objects.get(clinic=cast.clinic_a))
    assert one.get(study).status_code == 200


@pytest.mark.parametrize("value", ["", "x", "00000000-0000-4000-8000-000000000000"])
def test_a_switch_to_nothing_finds_nothing(cast: Cast, enter: Callable[[User], Client], value: str) -> None:
    assert enter(cast.doctor).post(f"{LIST}switch/", {"membership": value}).status_code == 404


def test_a_switch_by_somebody_elses_membership_finds_nothing(
    cast: Cast, enter: Callable[[User], Client]
) -> None:
    row = joined(cast)
    answer = enter(cast.technician).post(f"{LIST}switch/", {"membership": str(row.public_id)})
    assert answer.status_code == 404


def test_a_switch_that_is_not_approved_is_refused_in_words(
    cast: Cast, enter: Callable[[User], Client]
) -> None:
    row = memberships.ask_to_join(user=cast.doctor, clinic=cast.clinic_b, role=Role.DOCTOR)
    assert "not approved yet" in switch_to(enter(cast.doctor), row)


def test_a_refused_request_comes_back_as_it_was_filled_in(
    cast: Cast, enter: Callable[[User], Client]
) -> None:
    typed = {"clinic": str(cast.clinic_b.public_id), "role": "doctor"}
    page = enter(cast.technician).post(f"{LIST}new/", typed)
    assert page.status_code == 422
    assert "licence number" in text_of(page)
    assert f'value="{cast.clinic_b.public_id}" selected' in page.content.decode()
    assert not Membership.objects.exists()


@pytest.mark.parametrize("typed", [{"role": "administrator"}, {"clinic": "x"}, {"clinic": ""}, {"role": ""}])
def test_bad_input_is_told_in_words(
    cast: Cast, enter: Callable[[User], Client], typed: dict[str, str]
) -> None:
    right = {"clinic": str(cast.clinic_b.public_id), "role": "doctor"}
    assert enter(cast.doctor).post(f"{LIST}new/", {**right, **typed}).status_code == 422
    assert not Membership.objects.exists()


def test_refusing_asks_why_and_the_person_reads_it(cast: Cast, enter: Callable[[User], Client]) -> None:
    other = enter(cast.other_administrator)
    row = memberships.ask_to_join(user=cast.doctor, clinic=cast.clinic_b, role=Role.DOCTOR)
    assert other.post(f"{LIST}{row.public_id}/refuse/", {"reason": ""}).status_code == 422
    other.post(f"{LIST}{row.public_id}/refuse/", {"reason": "We do not know you"})
    assert "We do not know you" in text_of(enter(cast.doctor).get("/accounts/profile/"))


def test_who_works_there_already_is_not_refused_but_ended(
    cast: Cast, enter: Callable[[User], Client]
) -> None:
    row = joined(cast)
    answer = enter(cast.other_administrator).post(f"{LIST}{row.public_id}/refuse/", follow=True)
    assert "Doctor Test works there already. End it instead." in text_of(answer)


def test_the_clinic_left_for_now_still_lists_and_ends_its_person(
    cast: Cast, enter: Callable[[User], Client]
) -> None:
    switched(cast)
    administrator = enter(cast.administrator)
    assert "Not here right now" in text_of(administrator.get(LIST))
    home = Membership.objects.get(clinic=cast.clinic_a)
    assert "works for Clinic A no longer" in text_of(
        administrator.post(f"{LIST}{home.public_id}/end/", follow=True)
    )
    assert "Doctor Test" not in text_of(administrator.get(LIST))


def test_django_admin_lists_who_works_elsewhere_right_now_and_names_no_other_clinic(
    cast: Cast, enter: Callable[[User], Client]
) -> None:
    switched(cast, role=Role.TECHNICIAN)
    administrator = enter(cast.administrator)
    found = administrator.get("/admin/accounts/user/?q=doctor@a.example").content.decode()
    assert "doctor@a.example" in found
    assert 'field-role_here">Doctor<' in found
    page = administrator.get(f"/admin/accounts/user/{cast.doctor.pk}/change/")
    assert page.status_code == 200
    assert "Clinic B" not in page.content.decode()
    assert 'name="role"' not in page.content.decode()


def test_the_one_whose_last_clinic_ended_can_sign_in_and_ask_again(
    cast: Cast, enter: Callable[[User], Client]
) -> None:
    row = joined(cast)
    memberships.end(membership=row, by=cast.other_administrator)
    memberships.end(membership=Membership.objects.get(clinic=cast.clinic_a), by=cast.administrator)
    doctor = enter(User.objects.get(pk=cast.doctor.pk))
    page = doctor.get("/", follow=True)
    assert page.status_code == 200
    assert "Work for another clinic, too" in text_of(page)
    assert doctor.get("/worklist/").status_code == 403


def test_the_trail_of_either_clinic_tells_the_switch(cast: Cast, enter: Callable[[User], Client]) -> None:
    switched(cast)
    ours = text_of(enter(cast.administrator).get("/admin/accounts/auditevent/"))
    theirs = text_of(enter(cast.other_administrator).get("/admin/accounts/auditevent/"))
    assert "switched Doctor Test to another clinic, as doctor" in ours
    assert "Clinic B" not in ours
    assert "switched Doctor Test here from another clinic, as doctor" in theirs


def test_a_study_of_the_other_clinic_says_where_to_switch(
    cast: Cast, enter: Callable[[User], Client]
) -> None:
    study = analysed_scan(cast.clinic_a, cast.technician).study
    notice.tell(NoticeKind.URGENT_WAITING, study=study, to=[cast.doctor])
    doctor, address = enter(switched(cast)), f"/studies/{study.public_id}/"
    answer = doctor.get(address)
    assert answer.status_code == 404
    assert "shown to you in Clinic A, where you work, too" in text_of(answer)
    inbox = text_of(doctor.get("/notices/"))
    assert "In Clinic A: switch there in the menu to open it" in inbox
    assert study.patient.number not in inbox
    assert "Clinic A" not in text_of(enter(cast.stranger).get(address))


def test_who_works_for_several_clinics_reads_on_every_page_for_which_one(
    cast: Cast, enter: Callable[[User], Client]
) -> None:
    assert "At work for" not in text_of(enter(cast.doctor).get("/accounts/profile/"))
    assert "At work for Clinic B" in text_of(enter(switched(cast)).get("/accounts/profile/"))


def test_only_clinics_where_one_does_not_work_yet_can_be_asked(
    cast: Cast, enter: Callable[[User], Client]
) -> None:
    offered = enter(cast.doctor).get(f"{LIST}new/").content.decode()
    assert str(cast.clinic_b.public_id) in offered
    assert str(cast.clinic_a.public_id) not in offered
    joined(cast)
    offered = enter(User.objects.get(pk=cast.doctor.pk)).get(f"{LIST}new/").content.decode()
    assert str(cast.clinic_b.public_id) not in offered
