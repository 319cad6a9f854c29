"""A small hospital that came about through the portal's own services alone."""

import io
from dataclasses import dataclass

import pytest
from django.core.management import call_command

from accounts import approval, people, tokens
from accounts.models import ApiToken, Clinic, Role, User
from diagnosis.models import (
    ModelPromotion,
    ModelVersion,
    Patient,
    PatientMerge,
    Prediction,
    Review,
    Scan,
    Study,
)
from diagnosis.services import analysis, faults, lifecycle, merging, patients, registry, review, studies
from diagnosis.services.intake import films
from tests.accounts.conftest import chain
from tests.diagnosis.bundles import shipped
from tests.films import phantom_png

__all__ = ["chain"]

AUDITED = [
    Clinic, User, ApiToken, Patient, PatientMerge, Study, Scan, ModelVersion, ModelPromotion, Prediction,
    Review,
]  # fmt: skip


@dataclass
class Hospital:
    operator: User
    clinic: Clinic
    doctor: User
    administrator: User
    scans: list[Scan]


def invited(email: str, role: str, clinic: Clinic, by: User) -> User:
    user = User(
        email=email, first_name="Ann", last_name="Test", role=role, clinic=clinic, licence_number="A-1"
    )
    people.invite(user=user, by=by)
    return user


def received(clinic: Clinic, by: User, seed: int) -> Scan:
    patient = patients.find_or_create_patient(
        clinic=clinic, number=f"P-{seed}", actor=by, first_name="Ada", last_name="Phantom"
    )
    study = studies.create_study(patient=patient, actor=by, reason="Cough")
    film = io.BytesIO(phantom_png(seed))
    return films.receive(study=study, film=film, name=f"{seed}.png", actor=by, is_phantom=True).scan


@pytest.fixture
def hospital(db: None, monkeypatch: pytest.MonkeyPatch) -> Hospital:
    monkeypatch.setattr("diagnosis.services.messenger._announce", lambda scan_ids: None)
    call_command("createsuperuser", email="operator@carina.example", interactive=False, verbosity=0)
    operator = User.objects.get()
    clinics = [Clinic(name=name) for name in ("Riverside", "Hillview")]
    for clinic in clinics:
        people.store_clinic(clinic=clinic, by=operator)
    here = clinics[0]
    administrator = invited("administrator@a.example", Role.ADMINISTRATOR, here, operator)
    doctor = invited("doctor@a.example", Role.DOCTOR, here, operator)
    colleague = invited("colleague@a.example", Role.DOCTOR, here, operator)
    for name in ("X-ray room 1", "X-ray room 2"):
        tokens.create(clinic=here, name=name, by=administrator)
    network = registry.register(bundle_path=shipped().path, actor=operator)
    registry.promote(model_version=network, actor=operator)
    scans = [received(here, doctor, seed) for seed in (1, 2, 3, 4)]
    for scan in scans[:2]:
        analysis.analyse(scan_id=scan.pk)
        sign(scan, doctor)
    held = lifecycle.claim(scan_id=scans[2].pk)
    assert held is not None
    lifecycle.end(held, faults.Fault("refused", "test", "No chest film."))
    lifecycle.set_aside(scan=scans[2], actor=doctor)
    # Corrections of every kind, each after the row was first sealed.
    tokens.revoke(token=ApiToken.objects.order_by("pk")[0], by=administrator)
    approval.refuse(user=colleague, by=operator, reason="Left")
    doctor.speciality = "Radiology"
    people.change(user=doctor, by=doctor, fields=["speciality"])
    here.name = "Riverside Hospital"
    people.store_clinic(clinic=here, by=operator)
    patients.update_patient(patient=scans[0].study.patient, actor=doctor, first_name="Adele", number="P-11")
    studies.update_study(study=scans[0].study, actor=doctor, urgent=True, symptoms="Fever")
    studies.move_film(scan=Scan.objects.get(pk=scans[1].pk), number="P-20", actor=doctor, last_name="Other")
    twice, once = (scan.study.patient for scan in scans[2:4])
    merging.merge_patients(patient=twice, into=once, actor=administrator, reason="One person")
    return Hospital(operator, here, doctor, administrator, list(Scan.objects.order_by("pk")))


def sign(scan: Scan, doctor: User) -> Review:
    prediction = scan.predictions.get()
    return review.sign_off(
        scan=scan, prediction=prediction, doctor=doctor, decision="read", finding="normal", note="Clear."
    )
