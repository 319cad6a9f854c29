"""Times are read and entered as the clinic's clocks show them."""

import re
import zoneinfo
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Clinic
from diagnosis.models import Study
from tests.conftest import Cast
from tests.films import analysed_scan


@pytest.fixture
def study(cast: Cast) -> Study:
    Clinic.objects.filter(pk=cast.clinic_a.pk).update(time_zone="Asia/Kolkata")
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    Study.objects.filter(pk=study.pk).update(taken_at=datetime(2026, 11, 27, 22, 14, tzinfo=UTC))
    return study


def signed_in(person: object) -> Client:
    browser = Client()
    browser.force_login(person)  # type: ignore[arg-type]  # a person of the cast
    return browser


def test_a_page_shows_the_clinics_time_and_says_whose_it_is(study: Study, cast: Cast) -> None:
    page = signed_in(cast.doctor).get(reverse("study_detail", args=[study.public_id])).content.decode()
    assert "28 Nov 2026, 03:44" in page
    assert "Asia/Kolkata" in page


def test_a_time_that_is_entered_is_the_clinics(study: Study, cast: Cast) -> None:
    browser = signed_in(cast.technician)
    address = reverse("study_edit", args=[study.public_id])
    page = browser.get(address)
    shown = dict(re.findall(r'name="(initial-[^"]+)" value="([^"]*)"', page.content.decode()))
    form = page.context["form"]
    words = {name: form[name].value() or "" for name in form.fields}
    answer = browser.post(address, {**words, **shown, "taken_at": "2026-11-28T09:00"})
    assert answer.status_code == 302, answer.context["form"].errors
    study.refresh_from_db()
    assert study.taken_at == datetime(2026, 11, 28, 3, 30, tzinfo=UTC)


def test_the_next_request_is_not_in_the_zone_of_the_one_before(study: Study, cast: Cast) -> None:
    signed_in(cast.doctor).get(reverse("worklist"))
    assert timezone.get_current_timezone_name() == "UTC"
    assert "UTC" in signed_in(cast.stranger).get(reverse("worklist")).content.decode()


def test_a_time_zone_that_does_not_exist_is_refused_in_words(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="Area/City"):
        Clinic(name="New", time_zone="Berlin Time").full_clean()
    Clinic(name="New", time_zone="Europe/Berlin").full_clean()
    assert "Europe/Berlin" in zoneinfo.available_timezones()
