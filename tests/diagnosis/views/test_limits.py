"""The page of a clinic's limits: what its films say, and two persons who agree to it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import SettingsWrapper

from diagnosis.models import ModelVersion, OperatingPoint, Origin, Review, Scan
from tests.conftest import PASSWORD, Cast
from tests.diagnosis.signed_films import signed_films, told_apart
from tests.diagnosis.views.pages import text_of
from tests.films import accepted, model_version


@pytest.fixture(autouse=True)
def model(db: None) -> ModelVersion:
    return model_version()


def signed_in(cast: Cast, who: str) -> Client:
    client = Client()
    email = getattr(cast, who).email
    client.post("/accounts/login/", {"login": email, "password": PASSWORD})
    return client


def agree(client: Client) -> str:
    page = client.get("/limits/")
    sent = client.post("/limits/agree/", {"shown": page.context["shown"]}, follow=True)
    return text_of(sent)


def test_it_says_how_many_films_are_missing(cast: Cast) -> None:
    signed_films(cast.clinic_a, cast.doctor, normal=[0.1] * 3, abnormal=[0.9] * 2)
    page = text_of(signed_in(cast, "administrator").get("/limits/"))
    assert "3 of 50" in page
    assert "2 of 30" in page
    assert "Not yet measured here" in page
    assert "Agree as" not in page


def test_two_persons_agree_and_the_page_names_them(cast: Cast) -> None:
    told_apart(cast.clinic_a, cast.doctor)
    administrator, doctor = (signed_in(cast, who) for who in ("administrator", "doctor"))
    page = administrator.get("/limits/").content.decode()
    assert page.count('class="bar-normal"') > 3
    assert page.count('class="bar-abnormal"') > 3
    assert "count once the other person agrees" in agree(administrator)
    assert "Agree as" not in text_of(administrator.get("/limits/"))
    assert "Films that are analysed from now on" in agree(doctor)
    page = text_of(doctor.get("/limits/"))
    assert "Agree as" not in page, "nobody is asked again about the same films"
    assert page.count("in force") == 1
    assert "Limits of this clinic, agreed by Administrator Test and Doctor Test on " in page


def test_the_second_person_is_asked_on_the_worklist(cast: Cast) -> None:
    told_apart(cast.clinic_a, cast.doctor)
    administrator, doctor = (signed_in(cast, who) for who in ("administrator", "doctor"))
    assert "There are enough signed films" in text_of(doctor.get("/worklist/"))
    agree(administrator)
    asked = "wait for the agreement of a second person: the doctor"
    assert asked in text_of(doctor.get("/worklist/"))
    assert asked not in text_of(administrator.get("/worklist/"))
    assert asked not in text_of(signed_in(cast, "technician").get("/worklist/"))


def test_who_left_the_screen_open_is_asked_before_agreeing(cast: Cast, settings: SettingsWrapper) -> None:
    told_apart(cast.clinic_a, cast.doctor)
    client = signed_in(cast, "administrator")
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    asked = client.post("/limits/agree/", {"shown": client.get("/limits/").context["shown"]})
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert not OperatingPoint.objects.exists()


def test_it_stays_quiet_about_films_that_the_network_cannot_tell_apart(cast: Cast) -> None:
    same = [0.02 * place + 0.01 for place in range(50)]
    signed_films(cast.clinic_a, cast.doctor, normal=same, abnormal=same[5:40])
    page = text_of(signed_in(cast, "doctor").get("/limits/"))
    assert "cannot tell this clinic’s films apart: its AUROC here may as well be chance" in page
    assert "Agree as" not in page


def test_nobody_is_asked_about_a_proposal_whose_films_say_otherwise_by_now(cast: Cast) -> None:
    told_apart(cast.clinic_a, cast.doctor, abnormal=50)
    agree(signed_in(cast, "doctor"))
    for scan in Scan.objects.all():
        word = "pneumonia" if scan.reviews.get().finding == "normal" else "normal"
        Review.objects.create(scan=scan, doctor=cast.colleague, decision="change", finding=word)
    page = text_of(signed_in(cast, "administrator").get("/limits/"))
    assert "cannot tell this clinic’s films apart" in page
    assert "Withdraw the proposal" in page
    for asked in ("Agree as", "is asked"):
        assert asked not in page


def test_administrators_see_the_end_coming(cast: Cast, model: ModelVersion) -> None:
    accepted(cast.clinic_a, model)
    administrator, doctor = (signed_in(cast, who) for who in ("administrator", "doctor"))
    told = "on probation again and decides nothing"
    assert told not in text_of(administrator.get("/worklist/"))
    OperatingPoint.objects.update(in_force_until=timezone.now() + timedelta(days=29))
    assert told in text_of(administrator.get("/worklist/"))
    assert told not in text_of(doctor.get("/worklist/"))


def test_limits_are_withdrawn_with_a_reason(cast: Cast, model: ModelVersion) -> None:
    point = accepted(cast.clinic_a, model)
    doctor = signed_in(cast, "doctor")
    proposal = OperatingPoint.objects.create(
        clinic=cast.clinic_a, model_version=model, origin=Origin.HERE, normal_below=0.2, pathological_from=0.7
    )
    for one, other in ((point, proposal), (proposal, point)):
        refused = doctor.post("/limits/withdraw/", {"point": str(one.public_id), "reason": " "})
        assert refused.status_code == 422
        forms = refused.content.decode().split('action="/limits/withdraw/"')[1:]
        wrong = [form for form in forms if "is-invalid" in form]
        assert [str(one.public_id) in wrong[0], str(other.public_id) in wrong[0], len(wrong)] == [
            True,
            False,
            1,
        ]
    doctor.post("/limits/withdraw/", {"point": str(point.public_id), "reason": "Missed two"})
    point.refresh_from_db()
    assert (point.withdrawn_name, point.withdrawn_reason) == ("Doctor Test", "Missed two")


@pytest.mark.parametrize("point", ["", "nonsense", "4c9d7e8e-0000-4000-8000-000000000000"])
def test_limits_that_are_not_the_clinics_are_not_found(cast: Cast, point: str) -> None:
    sent = signed_in(cast, "doctor").post("/limits/withdraw/", {"point": point, "reason": "Wrong"})
    assert sent.status_code == 404


def test_another_clinics_limits_are_not_found(cast: Cast, model: ModelVersion) -> None:
    point = accepted(cast.clinic_b, model)
    sent = signed_in(cast, "doctor").post(
        "/limits/withdraw/", {"point": str(point.public_id), "reason": "Wrong"}
    )
    assert sent.status_code == 404
    point.refresh_from_db()
    assert point.withdrawn_at is None
