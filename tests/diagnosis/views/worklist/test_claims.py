"""Two doctors never read the same study without knowing of each other."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.sessions import LAST_ACTIVE
from diagnosis.models import Claim
from diagnosis.services import claims
from diagnosis.views.contexts.run import next_to_review
from tests.conftest import Cast
from tests.films import analysed_scan


def test_opening_claims_and_the_colleague_is_told_and_led_elsewhere(doctor: Client, cast: Cast) -> None:
    first, second = (
        analysed_scan(cast.clinic_a, cast.doctor, number=f"P-{seed}", seed=seed).study for seed in range(2)
    )
    claims.hold(study=first, doctor=cast.colleague)
    assert next_to_review(cast.doctor) == second
    assert next_to_review(cast.colleague) == first
    page = doctor.get(f"/studies/{first.public_id}/").content.decode()
    assert f"{cast.colleague} is reading this study since" in page
    assert claims.of(first).doctor == cast.colleague
    assert f"{cast.colleague} is reading" in " ".join(doctor.get("/worklist/").content.decode().split())


def test_a_claim_ends_by_itself_and_can_be_taken_over_on_record(doctor: Client, cast: Cast) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    claims.hold(study=study, doctor=cast.colleague)
    doctor.post(f"/studies/{study.public_id}/take-over/")
    assert claims.of(study).doctor == cast.doctor
    event = AuditEvent.objects.get(action="study.taken_over")
    assert event.facts == {"from": str(cast.colleague.public_id)}
    Claim.objects.update(seen_at=timezone.now() - claims.LASTS - timedelta(seconds=1))
    assert claims.of(study) is None
    assert claims.hold(study=study, doctor=cast.colleague).doctor == cast.colleague


def test_the_open_page_is_heard_of_and_keeps_no_session_alive(doctor: Client, cast: Cast) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    page = doctor.get(f"/studies/{study.public_id}/").content.decode()
    assert '"X-By-Itself": "1"' in page
    active = doctor.session[LAST_ACTIVE]
    Claim.objects.update(seen_at=timezone.now() - timedelta(minutes=4))
    beat = {"HX-Request": "true", "X-By-Itself": "1"}
    assert doctor.post(f"/studies/{study.public_id}/claim/", headers=beat).status_code == 200
    assert timezone.now() - Claim.objects.get().seen_at < timedelta(minutes=1)
    assert doctor.session[LAST_ACTIVE] == active


@pytest.mark.django_db(transaction=True)
def test_of_two_who_open_at_once_one_has_it_and_both_know(cast: Cast) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    ready, told = threading.Barrier(2, timeout=20), []

    def opens(doctor: object) -> None:
        try:
            ready.wait()
            told.append(claims.hold(study=study, doctor=doctor).doctor_id)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=opens, args=[doctor]) for doctor in (cast.doctor, cast.colleague)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(told) == 2
    assert told[0] == told[1] == Claim.objects.get().doctor_id
