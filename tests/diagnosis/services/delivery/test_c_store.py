"""A film reaches an archive by C-STORE, once, and what the archive says stands on its row."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import numpy as np
import pytest
from django.conf import LazySettings
from django.utils import timezone
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage
from pynetdicom import AE, evt

from accounts.models import AuditEvent
from diagnosis.imaging.dicom.secondary_capture import as_file, meta_of, put_bytes
from diagnosis.models import Delivery, DeliveryState, Scan, Study
from diagnosis.services import delivery, storage
from diagnosis.services.delivery import NothingToSend, courier
from tests.conftest import Cast
from tests.diagnosis.services.delivery.conftest import Pacs, dicom_archive
from tests.films import queued_scan
from tests.ports import free_port

pytestmark = pytest.mark.django_db
Starts = Callable[..., Pacs]


def made_film(uid: str) -> Dataset:
    film = Dataset()
    film.file_meta = meta_of("1.2.840.10008.5.1.4.1.1.1", uid)
    film.SOPClassUID, film.SOPInstanceUID, film.PatientID = "1.2.840.10008.5.1.4.1.1.1", uid, "P-1"
    film.SamplesPerPixel, film.PixelRepresentation, film.PhotometricInterpretation = 1, 0, "MONOCHROME2"
    film.Rows, film.Columns, film.BitsAllocated, film.BitsStored, film.HighBit = 8, 8, 16, 12, 11
    put_bytes(film, np.arange(64, dtype=np.uint16).reshape(8, 8))
    return film


def without_class() -> bytes:
    film = made_film("1.2.3")
    content = as_file(film)
    return content.replace(b"\x08\x00\x16\x00UI", b"\x08\x00\x17\x00UI")


def due() -> None:
    Delivery.objects.update(next_try_at=timezone.now())


def test_a_png_film_arrives_as_a_dicom_file_of_its_study(cast: Cast, start_pacs: Starts) -> None:
    pacs, scan = start_pacs(), queued_scan(cast.clinic_a, cast.doctor)
    archive = dicom_archive(cast.clinic_a, pacs.port)
    assert delivery.ask(study=scan.study, archive=archive, actor=cast.doctor) == 1
    assert delivery.deliver_due(seconds=60) == 1
    row = Delivery.objects.get()
    assert row.state == DeliveryState.DELIVERED, row.reason
    assert row.reason == "PACS has the film (status 0x0000)."
    film = dcmread(pacs.films[0])
    assert film.SOPInstanceUID == scan.sop_instance_uid == row.sop_instance_uid
    assert film.StudyInstanceUID == scan.study.instance_uid
    assert (film.PatientID, str(film.PatientName)) == ("P-1", "Phantom^Ada")
    told = AuditEvent.objects.filter(action__regex="^(delivery|study)[.](asked|done|sent)$")
    assert [event.action for event in told] == ["delivery.asked", "delivery.done", "study.sent"]


def test_nothing_is_sent_twice(cast: Cast, start_pacs: Starts) -> None:
    pacs, scan = start_pacs(), queued_scan(cast.clinic_a, cast.doctor)
    archive = dicom_archive(cast.clinic_a, pacs.port)
    delivery.ask(study=scan.study, archive=archive, actor=cast.doctor)
    delivery.deliver_due(seconds=60)
    assert delivery.ask(study=scan.study, archive=archive, actor=cast.doctor) == 0
    assert delivery.deliver_due(seconds=60) == 0
    assert Delivery.objects.count() == 1


def test_an_archive_that_is_away_gets_the_film_later(cast: Cast, start_pacs: Starts) -> None:
    port, scan = free_port(), queued_scan(cast.clinic_a, cast.doctor)
    archive = dicom_archive(cast.clinic_a, port)
    delivery.ask(study=scan.study, archive=archive, actor=cast.doctor)
    delivery.deliver_due(seconds=60)
    row = Delivery.objects.get()
    assert (row.state, row.attempts) == (DeliveryState.WAITING, 1)
    assert "could not be reached" in row.reason
    assert timezone.now() < row.next_try_at < timezone.now() + timedelta(seconds=16)
    assert delivery.deliver_due(seconds=60) == 0, "it waits before it tries again"
    pacs = start_pacs(port=port)
    due()
    delivery.deliver_due(seconds=60)
    assert Delivery.objects.get().state == DeliveryState.DELIVERED
    assert len(pacs.films) == 1


def test_the_pauses_grow_to_an_hour_and_are_never_all_the_same() -> None:
    for attempts, most in ((1, 15), (2, 30), (3, 60), (9, 3600), (500, 3600)):
        pauses = [courier._pause(attempts) for _ in range(200)]
        assert most / 2 <= min(pauses) < max(pauses) <= most


def test_an_archive_that_is_away_again_and_again_is_tried_less_and_less_often(
    cast: Cast, start_pacs: Starts
) -> None:
    port, scan = free_port(), queued_scan(cast.clinic_a, cast.doctor)
    delivery.ask(study=scan.study, archive=dicom_archive(cast.clinic_a, port), actor=cast.doctor)
    for attempt in (1, 2, 3, 4):
        due()
        before = timezone.now()
        assert delivery.deliver_due(seconds=60) == 1
        row = Delivery.objects.get()
        pause = (row.next_try_at - before).total_seconds()
        assert (row.state, row.attempts) == (DeliveryState.WAITING, attempt)
        assert 7.5 * 2 ** (attempt - 1) <= pause <= 15 * 2 ** (attempt - 1) + 30
    pacs = start_pacs(port=port)
    due()
    delivery.deliver_due(seconds=60)
    row = Delivery.objects.get()
    assert (row.state, row.attempts, len(pacs.films)) == (DeliveryState.DELIVERED, 5, 1)


def test_one_film_that_the_archive_refuses_holds_up_no_other(cast: Cast, start_pacs: Starts) -> None:
    pacs = start_pacs("+xi")  # implicit little endian alone, as some old archives take
    first = queued_scan(cast.clinic_a, cast.doctor)
    second = queued_scan(cast.clinic_a, cast.doctor, number="P-2", seed=2)
    with_dicom(first, as_file(made_film(first.sop_instance_uid)))
    with_dicom(second, bare(made_film(second.sop_instance_uid)))
    archive = dicom_archive(cast.clinic_a, pacs.port)
    for scan in (first, second):
        delivery.ask(study=scan.study, archive=archive, actor=cast.doctor)
    assert delivery.deliver_due(seconds=60) == 2
    refused, sent = Delivery.objects.get(scan=first), Delivery.objects.get(scan=second)
    assert (refused.state, sent.state) == (DeliveryState.FAILED, DeliveryState.DELIVERED)
    assert "in its transfer syntax (Explicit VR Little Endian)" in refused.reason
    assert len(pacs.films) == 1


@pytest.mark.parametrize(
    ("status", "state", "words"),
    [
        (0x0000, DeliveryState.DELIVERED, "has the film"),
        (0xB006, DeliveryState.DELIVERED, "has the film (status 0xB006)"),
        (0x0111, DeliveryState.DELIVERED, "had the film already"),
        (0xA700, DeliveryState.WAITING, "has no room just now"),
        (0x0124, DeliveryState.FAILED, "not authorised"),
        (0xC000, DeliveryState.FAILED, "does not take this film"),
    ],
)
def test_what_an_archive_answers_stands_on_the_row(cast: Cast, status: int, state: str, words: str) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    with answering(status) as port:
        delivery.ask(study=scan.study, archive=dicom_archive(cast.clinic_a, port), actor=cast.doctor)
        delivery.deliver_due(seconds=60)
    row = Delivery.objects.get()
    assert row.state == state, row.reason
    assert words in row.reason


def test_a_film_is_given_up_after_days_and_a_person_can_try_again(
    cast: Cast, settings: LazySettings, start_pacs: Starts
) -> None:
    settings.DELIVERY_DAYS = 0
    port, scan = free_port(), queued_scan(cast.clinic_a, cast.doctor)
    delivery.ask(study=scan.study, archive=dicom_archive(cast.clinic_a, port), actor=cast.doctor)
    Delivery.objects.update(attempts=7)
    delivery.deliver_due(seconds=60)
    row = Delivery.objects.get()
    assert row.state == DeliveryState.FAILED
    assert row.reason.startswith("Given up after 0 days. PACS could not be reached")
    start_pacs(port=port)
    assert delivery.retry(delivery=row, actor=cast.doctor)
    assert not delivery.retry(delivery=row, actor=cast.doctor), "it waits already"
    delivery.deliver_due(seconds=60)
    assert Delivery.objects.get().state == DeliveryState.DELIVERED


def test_an_archive_that_refuses_the_connection_is_named(cast: Cast, start_pacs: Starts) -> None:
    pacs, scan = start_pacs("--refuse"), queued_scan(cast.clinic_a, cast.doctor)
    archive = dicom_archive(cast.clinic_a, pacs.port)
    delivery.ask(study=scan.study, archive=archive, actor=cast.doctor)
    delivery.deliver_due(seconds=60)
    assert "may not know the AE title CARINA" in Delivery.objects.get().reason


@pytest.mark.parametrize("withdrawn", ["cancelled", "dismissed"])
def test_what_was_withdrawn_meanwhile_is_not_sent(cast: Cast, start_pacs: Starts, withdrawn: str) -> None:
    pacs, scan = start_pacs(), queued_scan(cast.clinic_a, cast.doctor)
    delivery.ask(study=scan.study, archive=dicom_archive(cast.clinic_a, pacs.port), actor=cast.doctor)
    if withdrawn == "cancelled":
        Study.objects.update(cancelled_at=timezone.now())
    else:
        Scan.objects.update(set_aside_at=timezone.now())
    delivery.deliver_due(seconds=60)
    row = Delivery.objects.get()
    assert (row.state, pacs.films) == (DeliveryState.FAILED, [])
    assert withdrawn in row.reason


def test_a_film_whose_header_names_another_patient_by_now_stays_here(cast: Cast, start_pacs: Starts) -> None:
    pacs, scan = start_pacs(), queued_scan(cast.clinic_a, cast.doctor)
    Scan.objects.update(media_type="application/dicom", header={"patient_number": "SOMEBODY-ELSE"})
    delivery.ask(study=scan.study, archive=dicom_archive(cast.clinic_a, pacs.port), actor=cast.doctor)
    delivery.deliver_due(seconds=60)
    row = Delivery.objects.get()
    assert (row.state, pacs.films) == (DeliveryState.FAILED, [])
    assert "names another patient" in row.reason


def test_another_clinics_archive_gets_nothing(cast: Cast, start_pacs: Starts) -> None:
    pacs, scan = start_pacs(), queued_scan(cast.clinic_a, cast.doctor)
    archive = dicom_archive(cast.clinic_b, pacs.port)
    with pytest.raises(NothingToSend):
        delivery.ask(study=scan.study, archive=archive, actor=cast.doctor)
    Delivery.objects.create(
        clinic=cast.clinic_a, scan=scan, archive=archive, sop_instance_uid=scan.sop_instance_uid
    )
    delivery.deliver_due(seconds=60)
    assert (Delivery.objects.get().state, pacs.films) == (DeliveryState.FAILED, [])


def test_a_killed_couriers_film_is_put_back(cast: Cast, settings: LazySettings, start_pacs: Starts) -> None:
    pacs, scan = start_pacs(), queued_scan(cast.clinic_a, cast.doctor)
    delivery.ask(study=scan.study, archive=dicom_archive(cast.clinic_a, pacs.port), actor=cast.doctor)
    held = timezone.now() - timedelta(seconds=settings.DELIVERY_HARD_SECONDS - 10)
    Delivery.objects.update(state=DeliveryState.SENDING, attempts=1, claimed_at=held)
    assert delivery.put_back_stopped() == 0, "it may still be at work"
    Delivery.objects.update(claimed_at=held - timedelta(seconds=20))
    assert delivery.put_back_stopped() == 1
    delivery.deliver_due(seconds=60)
    assert (Delivery.objects.get().state, len(pacs.films)) == (DeliveryState.DELIVERED, 1)


def test_the_connection_is_tried_without_a_film(cast: Cast, start_pacs: Starts) -> None:
    pacs = start_pacs()
    assert delivery.try_archive(dicom_archive(cast.clinic_a, pacs.port)) == (
        True, "PACS answered the C-ECHO (status 0x0000).",
    )  # fmt: skip
    away = dicom_archive(cast.clinic_b, free_port())
    assert delivery.try_archive(away)[0] is False


@pytest.mark.parametrize("whole", [True, False])
def test_a_dicom_film_arrives_as_it_came(cast: Cast, start_pacs: Starts, whole: bool) -> None:
    pacs, scan = start_pacs(), queued_scan(cast.clinic_a, cast.doctor)
    written = made_film(scan.sop_instance_uid)
    content = as_file(written) if whole else bare(written)
    with_dicom(scan, content)
    delivery.ask(study=scan.study, archive=dicom_archive(cast.clinic_a, pacs.port), actor=cast.doctor)
    delivery.deliver_due(seconds=60)
    row = Delivery.objects.get()
    assert row.state == DeliveryState.DELIVERED, row.reason
    arrived = dcmread(pacs.films[0])
    assert arrived == dcmread(io.BytesIO(content), force=True)
    assert arrived.file_meta.TransferSyntaxUID == ("1.2.840.10008.1.2.1" if whole else "1.2.840.10008.1.2")


@pytest.mark.parametrize(
    "odd",
    [
        without_class(),
        b"\0" * 128 + b"DICM" + b"\x02\0\x10\0UI\xff\xff1.2",
        b"no film at all",
    ],
)
def test_a_film_whose_header_makes_no_sense_is_named_and_stays_here(
    cast: Cast, start_pacs: Starts, odd: bytes
) -> None:
    pacs, scan = start_pacs(), queued_scan(cast.clinic_a, cast.doctor)
    with_dicom(scan, odd)
    delivery.ask(study=scan.study, archive=dicom_archive(cast.clinic_a, pacs.port), actor=cast.doctor)
    delivery.deliver_due(seconds=60)
    row = Delivery.objects.get()
    assert (row.state, pacs.films) == (DeliveryState.FAILED, [])
    assert row.reason.startswith("The film cannot be sent: ")


def test_the_courier_decodes_no_header(
    cast: Cast, start_pacs: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    pacs, scan = start_pacs(), queued_scan(cast.clinic_a, cast.doctor)
    with_dicom(scan, as_file(made_film(scan.sop_instance_uid)))

    def decodes(*_: object, **__: object) -> None:
        raise AssertionError("a film's header was decoded in the courier")

    monkeypatch.setattr("pynetdicom.association.dcmread", decodes)
    monkeypatch.setattr("pydicom.filereader.read_partial", decodes)
    delivery.ask(study=scan.study, archive=dicom_archive(cast.clinic_a, pacs.port), actor=cast.doctor)
    delivery.deliver_due(seconds=60)
    assert Delivery.objects.get().state == DeliveryState.DELIVERED
    monkeypatch.undo()
    assert len(pacs.films) == 1


def with_dicom(scan: Scan, content: bytes) -> None:
    """Put a DICOM file in the place of the scan's original."""
    storage.path_of(scan.original).write_bytes(content)
    number = scan.study.patient.number
    Scan.objects.filter(pk=scan.pk).update(media_type="application/dicom", header={"patient_number": number})


def bare(film: Dataset) -> bytes:
    """As some machines write it: no preamble, no meta information."""
    buffer = io.BytesIO()
    del film.file_meta
    film.save_as(buffer, implicit_vr=True, little_endian=True, enforce_file_format=False)
    return buffer.getvalue()


@contextmanager
def answering(status: int) -> Iterator[int]:
    """The port of an archive that answers each film with this status."""
    archive = AE(ae_title="ARCHIVE")
    archive.add_supported_context(SecondaryCaptureImageStorage)
    server = archive.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, lambda _: status)]
    )
    try:
        yield server.socket.getsockname()[1]
    finally:
        server.shutdown()
