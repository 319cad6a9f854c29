"""Many films of a clinic with a network's answer and a doctor's word, as rows alone."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from accounts.models import Clinic, User
from diagnosis.models import Decision, Patient, Prediction, Review, Scan, ScanStatus, Study
from tests.films import model_version


def signed_film(
    clinic: Clinic,
    doctor: User,
    *,
    p_abnormal: float,
    finding: str,
    version: str = "1.0.0",
    blind: bool = False,
    **uncertainty: bool,
) -> Scan:
    """A film, read before the network answered if `blind`, else on its answer."""
    number = Scan.objects.count()
    patient = Patient.objects.create(clinic=clinic, number=f"S-{number}")
    study = Study.objects.create(clinic=clinic, patient=patient)
    scan = Scan.objects.create(
        study=study,
        clinic=clinic,
        original_name="film.png",
        sha256=hashlib.sha256(str(number).encode()).hexdigest(),
        size_bytes=1,
        media_type="image/png",
        width=1,
        height=1,
        status=ScanStatus.ANALYSED,
    )
    model = model_version(version, active=True if version == "1.0.0" else None)
    now = timezone.now()
    prediction = Prediction.objects.create(
        scan=scan,
        model_version=model,
        finding="normal",
        triage="normal",
        told_finding="normal",
        told_triage="unsure",
        p_pneumonia=p_abnormal,
        p_normal=1 - p_abnormal,
        raw_probabilities={},
        operating_point={},
        uncertainty=uncertainty,
        bundle_checksum=model.checksum,
        original_sha256=scan.sha256,
        input_sha256=scan.sha256,
        library_versions={},
        timings_ms={},
        created_at=now,
    )
    Review.objects.create(
        scan=scan,
        prediction=None if blind else prediction,
        doctor=doctor,
        signed_name=str(doctor),
        decision=Decision.READ if blind else Decision.CHANGE,
        finding=finding,
        signed_at=now - timedelta(hours=1) if blind else now + timedelta(minutes=1),
    )
    return scan


def signed_films(
    clinic: Clinic,
    doctor: User,
    *,
    normal: Iterable[float],
    abnormal: Iterable[float],
    version: str = "1.0.0",
) -> None:
    """Films by their scores (p_abnormal), as a doctor signed them."""
    for finding, scores in (("normal", normal), ("pneumonia", abnormal)):
        for score in scores:
            signed_film(clinic, doctor, p_abnormal=score, finding=finding, version=version)


def told_apart(clinic: Clinic, doctor: User, *, normal: int = 50, abnormal: int = 30) -> None:
    """Films that the network tells apart: normal ones at 0.05 to 0.45, abnormal ones at 0.35 to 0.95."""
    signed_films(
        clinic,
        doctor,
        normal=[0.05 + 0.4 * place / normal for place in range(normal)],
        abnormal=[0.35 + 0.6 * place / abnormal for place in range(abnormal)],
    )
