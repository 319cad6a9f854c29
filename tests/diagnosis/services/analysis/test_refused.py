"""A film that cannot be read is refused in words."""

from django.conf import settings
from PIL import Image

from accounts.models import AuditEvent
from diagnosis.models import ModelVersion, Prediction, Scan, ScanStatus, StudyState
from tests.diagnosis.services.analysis.attempts import analysed, png, with_bytes
from tests.diagnosis.services.record import actions


def test_a_damaged_file_is_refused_in_words(scan: Scan, network: ModelVersion) -> None:
    content = (settings.DATA_DIR / scan.original).read_bytes()
    scan = analysed(with_bytes(scan, content[: len(content) // 2]))
    assert (scan.status, scan.reason_code) == (ScanStatus.REFUSED, "truncated")
    assert "send" in scan.reason
    assert (scan.display, scan.thumbnail) == ("", "")
    assert actions() == ["scan.refused"]
    scan.study.refresh_from_db()
    assert scan.study.state == StudyState.PROBLEM


def test_a_picture_that_is_no_chest_film_is_refused_and_still_shown(
    scan: Scan, network: ModelVersion
) -> None:
    Scan.objects.filter(pk=scan.pk).update(is_phantom=False)
    scan.refresh_from_db()
    scan = analysed(with_bytes(scan, png(Image.new("L", (300, 200), 128))))
    assert (scan.status, scan.reason_code) == (ScanStatus.REFUSED, "blank")
    assert (settings.DATA_DIR / scan.display).is_file()
    assert (settings.DATA_DIR / scan.thumbnail).is_file()
    assert not Prediction.objects.exists()


def test_no_name_of_a_file_gets_into_the_audit_chain(scan: Scan, network: ModelVersion) -> None:
    Scan.objects.filter(pk=scan.pk).update(original_name="Lovelace_Ada_1815.png")
    analysed(with_bytes(Scan.objects.get(pk=scan.pk), b"no film"))
    assert "Lovelace" not in str(list(AuditEvent.objects.values()))
