"""A DICOM film can be looked at in another window, by those who may see it; the look is on record."""

import io

import numpy as np
import pytest
from django.test import Client
from PIL import Image

from accounts.models import AuditEvent
from diagnosis.models import Scan
from tests.conftest import Cast
from tests.dicom_films import chest, make_film
from tests.films import analysed_scan, keep


@pytest.fixture
def scan(cast: Cast) -> Scan:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    scan.original = keep(f"originals/{scan.public_id}.dcm", make_film(WindowCenter=9, WindowWidth=9))
    scan.media_type = "application/dicom"
    scan.save()
    return scan


def test_the_film_is_shown_in_the_window_that_is_asked_for(
    technician: Client, cast: Cast, scan: Scan
) -> None:
    response = technician.get(f"/scans/{scan.public_id}/window/?center=2000&width=1000")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/jpeg")
    assert response.headers["Cache-Control"] == "private, no-store"
    shown = np.asarray(Image.open(io.BytesIO(response.content))).astype(int)
    expected = np.clip((chest() - 1999.5) / 999 + 0.5, 0, 1) * 255
    assert np.abs(shown - expected).mean() < 6
    looks = AuditEvent.objects.filter(action="study.viewed", study_id=str(scan.study.public_id))
    assert [event.actor for event in looks] == [cast.technician.email]


@pytest.mark.parametrize(
    "asked", ["", "center=1", "center=x&width=2", "center=nan&width=2", "center=1&width=0"]
)
def test_a_window_that_is_none_is_told_so(technician: Client, scan: Scan, asked: str) -> None:
    response = technician.get(f"/scans/{scan.public_id}/window/?{asked}")
    assert response.status_code == 400
    assert b"?center=" in response.content


def test_a_film_that_cannot_be_decoded_is_told_in_words(technician: Client, scan: Scan) -> None:
    keep(scan.original, make_film()[:-9])
    response = technician.get(f"/scans/{scan.public_id}/window/?center=1&width=2")
    assert response.status_code == 422
    assert b"cut off" in response.content


def test_strangers_and_films_of_other_kinds_have_no_window(
    technician: Client, stranger: Client, cast: Cast, scan: Scan
) -> None:
    assert stranger.get(f"/scans/{scan.public_id}/window/?center=1&width=2").status_code == 404
    other = analysed_scan(cast.clinic_a, cast.doctor, number="P-2", seed=2)
    assert technician.get(f"/scans/{other.public_id}/window/?center=1&width=2").status_code == 404


def test_the_studys_page_offers_it_for_dicom_films_alone(technician: Client, cast: Cast, scan: Scan) -> None:
    other = analysed_scan(cast.clinic_a, cast.doctor, number="P-2", seed=2)
    page = technician.get(f"/studies/{scan.study.public_id}/").content.decode()
    assert f"/scans/{scan.public_id}/window/" in page
    assert "/window/" not in technician.get(f"/studies/{other.study.public_id}/").content.decode()
