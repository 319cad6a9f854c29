"""Which records each kind of reader gets, asked of the one place that decides."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.http import Http404
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken, Approval, Role
from diagnosis import access
from diagnosis.models import Scan
from tests.conftest import Cast, person
from tests.films import analysed_scan

QUERIES = (access.patients_for, access.studies_for, access.scans_for, access.predictions_for)


@pytest.fixture
def ours(cast: Cast) -> Scan:
    analysed_scan(cast.clinic_b, cast.stranger, seed=1)
    return analysed_scan(cast.clinic_a, cast.doctor)


def seen(reader: object) -> list[int]:
    """The clinics of what the reader gets from each query."""
    found = []
    for rows in QUERIES:
        clinics = {getattr(row, "clinic_id", None) or row.scan.clinic_id for row in rows(reader)}
        assert len(clinics) <= 1
        found += clinics
    return found


def test_people_of_the_clinic_see_its_records_and_no_others(ours: Scan, cast: Cast) -> None:
    for user in (cast.doctor, cast.colleague, cast.technician, cast.administrator):
        assert seen(user) == [cast.clinic_a.pk] * len(QUERIES)
        assert access.clinic_of(user) == cast.clinic_a
        assert access.study_or_404(user, ours.study.public_id) == ours.study
    assert seen(cast.stranger) == [cast.clinic_b.pk] * len(QUERIES)


def test_whoever_may_not_sees_nothing(ours: Scan, cast: Cast) -> None:
    inactive = person("inactive@a.example", cast.clinic_a, Role.DOCTOR, is_active=False)
    refused = person("was@a.example", cast.clinic_a, Role.DOCTOR, Approval.REFUSED, is_superuser=True)
    nobody = (None, "doctor@a.example", cast.clinic_a)
    for reader in (cast.waiting_doctor, cast.refused_doctor, cast.operator, inactive, refused, *nobody):
        assert seen(reader) == []
        assert access.clinic_of(reader) is None
        with pytest.raises(Http404):
            access.study_or_404(reader, ours.study.public_id)


def test_a_token_sees_its_clinic_until_it_is_revoked_or_ends(ours: Scan, cast: Cast) -> None:
    def token(**facts: Any) -> ApiToken:
        made, _ = tokens.create(clinic=cast.clinic_a, name="machine", by=cast.administrator)
        ApiToken.objects.filter(pk=made.pk).update(**facts)
        return ApiToken.objects.get(pk=made.pk)

    now = timezone.now()
    assert seen(token(expires_at=now + timedelta(days=1))) == [cast.clinic_a.pk] * len(QUERIES)
    for ended in (token(revoked_at=now), token(expires_at=now - timedelta(seconds=1))):
        assert seen(ended) == []
        assert access.clinic_of(ended) is None


def test_an_unknown_study_and_another_clinics_are_the_same_404(ours: Scan, cast: Cast) -> None:
    said = []
    for public_id in (uuid.uuid4(), ours.study.public_id):
        with pytest.raises(Http404) as caught:
            access.study_or_404(cast.stranger, public_id)
        said.append(str(caught.value))
    assert said[0] == said[1]
