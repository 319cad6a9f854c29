"""A machine that was taken off the list, or given to another clinic, is heard of at its next film."""

from pathlib import Path

import pytest

from diagnosis.listener import storing
from diagnosis.models import DicomSender, Scan
from tests.conftest import Cast
from tests.dicom_studies import dicom_film


@pytest.fixture
def machine(cast: Cast) -> DicomSender:
    return DicomSender.objects.create(clinic=cast.clinic_a, ae_title="XRAY1", address="127.0.0.0/8")


def take(folder: Path, machine: DicomSender) -> int:
    path = folder / "film.dcm"
    path.write_bytes(dicom_film())
    return int(storing.take(path, machine).Status)


@pytest.mark.django_db(transaction=True)
def test_a_machine_taken_off_the_list_sends_no_more_by_an_open_line(
    tmp_path: Path, machine: DicomSender
) -> None:
    DicomSender.objects.update(active=False)
    assert take(tmp_path, machine) == storing.NOT_AUTHORISED
    assert not Scan.objects.exists()
    DicomSender.objects.update(active=True)
    assert take(tmp_path, machine) == storing.SUCCESS


@pytest.mark.django_db(transaction=True)
def test_a_machine_given_to_another_clinic_sends_there_by_an_open_line(
    tmp_path: Path, machine: DicomSender, cast: Cast
) -> None:
    DicomSender.objects.update(clinic=cast.clinic_b)
    assert take(tmp_path, machine) == storing.SUCCESS
    assert Scan.objects.get().clinic == cast.clinic_b
