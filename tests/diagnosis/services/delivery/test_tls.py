"""Films go to an archive by TLS, and to none whose certificate nobody here knows."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from diagnosis.models import Delivery, DeliveryState
from diagnosis.services import delivery
from tests.conftest import Cast
from tests.diagnosis.services.delivery.conftest import Pacs, dicom_archive
from tests.films import queued_scan

pytestmark = pytest.mark.django_db
Starts = Callable[..., Pacs]


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A key and a certificate for 127.0.0.1 that it signed itself."""
    key, signed = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=archive",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(signed)],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, signed


@pytest.fixture
def secured(certificate: tuple[Path, Path], start_pacs: Starts) -> Pacs:
    return start_pacs("+tls", *map(str, certificate), "-ic")


def sent(cast: Cast, pacs: Pacs, **facts: object) -> Delivery:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    archive = dicom_archive(cast.clinic_a, pacs.port, tls=True, **facts)
    delivery.ask(study=scan.study, archive=archive, actor=cast.doctor)
    delivery.deliver_due(seconds=60)
    return Delivery.objects.get()


def test_a_film_arrives_by_tls(
    cast: Cast, secured: Pacs, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))  # as an operator names a hospital's authority
    row = sent(cast, secured)
    assert (row.state, len(secured.films)) == (DeliveryState.DELIVERED, 1), row.reason
    assert delivery.try_archive(row.archive)[0]


def test_an_archive_with_an_unknown_certificate_gets_nothing(cast: Cast, secured: Pacs) -> None:
    row = sent(cast, secured)
    assert (row.state, secured.films) == (DeliveryState.WAITING, [])
    assert "Its certificate may not be known here" in row.reason


def test_a_certificate_for_another_host_is_not_believed(
    cast: Cast, secured: Pacs, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
    row = sent(cast, secured, host="localhost")
    assert (row.state, secured.films) == (DeliveryState.WAITING, [])


def test_an_archive_without_tls_gets_nothing_in_the_clear(cast: Cast, start_pacs: Starts) -> None:
    pacs = start_pacs()
    row = sent(cast, pacs)
    assert (row.state, pacs.films) == (DeliveryState.WAITING, [])
