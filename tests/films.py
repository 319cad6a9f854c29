"""Records and films that tests start from, drawn by code: no person's chest."""

import functools
import hashlib
import io
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.utils import timezone

from accounts.models import Clinic, User
from diagnosis.cnn.answer import told
from diagnosis.cnn.decision import triage
from diagnosis.cnn.uncertainty import Reach, one_look, settled, uncertainty
from diagnosis.imaging.phantom import draw_phantom
from diagnosis.models import (
    HeldFilm,
    HeldWhy,
    ModelVersion,
    OperatingPoint,
    Origin,
    Patient,
    Prediction,
    Scan,
    ScanStatus,
    Study,
)
from diagnosis.models.prediction import HARMLESS
from diagnosis.services import faults, ledger, lifecycle, worklist


@functools.cache
def phantom_png(seed: int = 0) -> bytes:
    """A PNG of a drawn chest; each seed gives other bytes."""
    buffer = io.BytesIO()
    draw_phantom(seed=seed).save(buffer, "PNG")
    return buffer.getvalue()


def keep(path: str, content: bytes) -> str:
    """Write a file below the test's data folder; returns its relative path."""
    target = Path(settings.DATA_DIR) / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return path


def model_version(version: str = "1.0.0", *, active: bool | None = True) -> ModelVersion:
    """A registered network without its bundle: enough for pages that only name it."""
    found, _ = ModelVersion.objects.get_or_create(
        name="test-network",
        version=version,
        defaults={
            "bundle": "nowhere",
            "checksum": hashlib.sha256(version.encode()).hexdigest(),
            "card": {"name": "test-network", "version": version},
            "active": active,
        },
    )
    return found


def accepted(clinic: Clinic, model: ModelVersion) -> OperatingPoint:
    """The limits of the network's card, accepted for the clinic: its films are told with a decision."""
    now = timezone.now()
    known = OperatingPoint.objects.filter(clinic=clinic, model_version=model, origin=Origin.ELSEWHERE).first()
    return known or OperatingPoint.objects.create(
        clinic=clinic,
        model_version=model,
        origin=Origin.ELSEWHERE,
        normal_below=0.3,
        pathological_from=0.6,
        operator_name="Olu Operator",
        reason="For tests",
        in_force_from=now - timedelta(days=30),
        in_force_until=now + timedelta(days=335),
    )


def promoted(version: str) -> ModelVersion:
    """The network that answers now, in the place of the one before."""
    ModelVersion.objects.update(active=None)
    model_version(version)
    ModelVersion.objects.filter(version=version).update(active=True)
    return model_version(version)


def queued_scan(clinic: Clinic, user: User, *, number: str = "P-1", seed: int = 0) -> Scan:
    """A patient with one study and one film that waits for its analysis."""
    patient, _ = Patient.objects.get_or_create(
        clinic=clinic, number=number, defaults={"first_name": "Ada", "last_name": "Phantom"}
    )
    study = Study.objects.create(clinic=clinic, patient=patient, created_by=user)
    content = phantom_png(seed)
    sha256 = hashlib.sha256(content).hexdigest()
    scan = Scan.objects.create(
        study=study,
        clinic=clinic,
        original_name="film.png",
        original=keep(f"originals/{clinic.public_id}/{sha256}.png", content),
        sha256=sha256,
        size_bytes=len(content),
        media_type="image/png",
        width=512,
        height=512,
        is_phantom=True,
    )
    worklist.refresh(study)
    return scan


def predict(
    scan: Scan,
    *,
    p_covid19: float | None = 0.1,
    p_pneumonia: float | None = 0.7,
    version: str = "1.0.0",
    looks: Sequence[float] = (),
    reach: Reach | None = None,
    unfamiliar: bool = False,
    doubt: str = "",
    picture: str = "",
    limits: OperatingPoint | Literal["accepted"] | None = "accepted",
    corrections: Sequence[str] = (),
    cautions: Sequence[str] = (),
) -> Prediction:
    """What the network would have stored, and the scan analysed. looks: p_abnormal of each other look;
    reach: by which one look was enough;
    unfamiliar: whether the film is unlike those of the training, told where there are other looks; doubt: the
    name of another reason why a person reads the film first; picture: films of the same one show the same
    pixels; limits: by which it is told, of themselves those from elsewhere, accepted; None: on probation;
    corrections, cautions: what the checks of the picture say.

    A probability of None: the network does not know this class.
    """
    p_normal = 1 - (p_covid19 or 0) - (p_pneumonia or 0)
    said = {"covid19": p_covid19, "pneumonia": p_pneumonia, "normal": p_normal}
    probabilities = {finding: value for finding, value in said.items() if value is not None}
    model = model_version(version)
    by = accepted(scan.clinic, model) if limits == "accepted" else limits
    decided = _decided([1 - p_normal, *looks], doubt="unfamiliar" if unfamiliar else doubt)
    if reach is not None:
        decided["uncertainty"] = one_look(1 - p_normal, reach)
    finding, said_triage = told(
        probabilities,
        decided["uncertainty"].get("p_abnormal", []),
        band=(by.normal_below, by.pathological_from) if by else None,
        doubtful=unfamiliar or bool(doubt) or bool(set(cautions) - HARMLESS),
        reach=reach,
    )
    prediction = Prediction.objects.create(
        scan=scan,
        model_version=model,
        finding=max(probabilities, key=probabilities.__getitem__),
        p_covid19=p_covid19,
        p_pneumonia=p_pneumonia,
        p_normal=p_normal,
        raw_probabilities=probabilities,
        bundle_checksum=model.checksum,
        original_sha256=scan.sha256,
        input_sha256=hashlib.sha256(f"input of {picture or scan.sha256}".encode()).hexdigest(),
        library_versions={"numpy": "2"},
        timings_ms={"decode": 5.0, "network": 7.0},
        heatmap=keep(f"derived/{scan.public_id}/heatmap.png", phantom_png(_seed_of(scan))),
        limits=by,
        told_finding=finding,
        told_triage=said_triage,
        quality={
            "corrections": [{"code": code, "confidence": 0.99} for code in corrections],
            "cautions": [{"code": code, "confidence": 0.9} for code in cautions],
            "checks": "c" * 64,
        },
        **decided,
    )
    _show(scan, prediction)
    ledger.note_analysed(prediction)
    return prediction


def _decided(seen: Sequence[float], *, doubt: str) -> dict[str, Any]:
    """What was decided by p_abnormal of each look, the answer's first, and by which limits."""
    sides = [triage(p_abnormal, (0.3, 0.6)) for p_abnormal in seen]
    doubts = {name: name == doubt for name in ("unfamiliar", "few_grey_levels", "lungs_not_found")}
    wobble = uncertainty(seen, sides, averaged=False) | doubts if len(seen) > 1 else {}
    return {
        "triage": "unsure" if doubt else settled(sides[0], sides),
        "operating_point": {"unsure_from": 0.3, "pathological_from": 0.6},
        "uncertainty": wobble,
    }


def _seed_of(scan: Scan) -> int:
    """Films beside each other look different; drawing one for each of a run takes minutes."""
    return scan.pk % 16


def _show(scan: Scan, prediction: Prediction) -> None:
    """Leave the scan as the worker does that stored this prediction, with its pictures."""
    image = phantom_png(_seed_of(scan))
    scan.status = ScanStatus.ANALYSED
    scan.display = keep(f"derived/{scan.public_id}/display.png", image)
    scan.thumbnail = keep(f"derived/{scan.public_id}/thumbnail.png", image)
    scan.finished_at = prediction.created_at
    scan.shown_corrections = prediction.corrections
    scan.save()
    worklist.refresh(scan.study)


def analysed_scan(clinic: Clinic, user: User, *, number: str = "P-1", seed: int = 0) -> Scan:
    """A film with its prediction, waiting for a doctor."""
    scan = queued_scan(clinic, user, number=number, seed=seed)
    predict(scan)
    return scan


def held_film(scan: Scan, *, why: str = HeldWhy.OTHER_PERSON) -> HeldFilm:
    """A film that names the patient of another one, and contradicts their record."""
    patient = scan.study.patient
    content = b"held" + str(scan.public_id).encode()
    sha256 = hashlib.sha256(content).hexdigest()
    header = {
        "patient_number": patient.number,
        "last_name": "Other",
        "first_name": patient.first_name,
        "sex": "female",
        "sop_instance_uid": f"1.2.3.{scan.pk}",
        "study_instance_uid": f"1.2.4.{scan.pk}",
    }
    return HeldFilm.objects.create(
        clinic=scan.clinic,
        why=why,
        original_name="IM1",
        original=keep(f"originals/{scan.clinic.public_id}/{sha256}.dcm", content),
        sha256=sha256,
        size_bytes=len(content),
        media_type="application/dicom",
        width=512,
        height=512,
        sop_instance_uid=header["sop_instance_uid"],
        study_instance_uid=header["study_instance_uid"],
        header=header,
        patient=patient,
        door="dicom",
        sender="dicom:ROOM1",
    )


def refused_scan(
    clinic: Clinic, user: User, *, code: str = "lateral", confidence: float | None = 0.97, seed: int = 0
) -> Scan:
    """A person's film that the active network refused, sent in the browser."""
    scan = queued_scan(clinic, user, number=f"R-{seed}", seed=seed)
    picture = keep(f"derived/{str(scan.public_id)[:2]}/{scan.public_id}/display.jpg", phantom_png(seed))
    Scan.objects.filter(pk=scan.pk).update(is_phantom=False, sender=f"user:{user.pk}", display=picture)
    return refuse(scan, code=code, confidence=confidence)


def refuse(scan: Scan, *, code: str = "lateral", confidence: float | None = 0.97) -> Scan:
    """Let the active network refuse a film that waits."""
    held = lifecycle.claim(scan_id=scan.pk)
    assert held is not None
    reason = "This is a lateral view. Send the frontal film."
    lifecycle.end(held, faults.Fault(ScanStatus.REFUSED, code, reason, confidence=confidence))
    scan.refresh_from_db()
    return scan
