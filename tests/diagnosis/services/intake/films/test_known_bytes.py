"""The same bytes are one film of a clinic, and a film of another patient is said to be one."""

import io

from django.conf import LazySettings

from accounts.models import AuditEvent
from diagnosis.models import Scan
from diagnosis.services import patients, studies
from diagnosis.services.intake import films
from tests.conftest import Cast
from tests.diagnosis.services.intake.receiving import receive, stored_files, study_of
from tests.films import phantom_png


def test_the_same_bytes_lead_to_the_scan_that_is_there(cast: Cast, settings: LazySettings) -> None:
    study, other = study_of(cast), study_of(cast, "P-2")
    first = receive(study, cast, phantom_png(1))
    again = receive(other, cast, phantom_png(1), name="copy.png")
    assert (first.duplicate, again.duplicate) == (False, True)
    assert again.scan == first.scan
    assert Scan.objects.count() == 1
    assert len(stored_files(settings)) == 1
    event = AuditEvent.objects.latest("sequence")
    assert (event.action, event.study_id) == ("scan.received_again", str(other.public_id))
    assert event.facts["kept_in"] == f"study:{study.public_id}"


def test_another_clinic_with_the_same_bytes_gets_a_scan_of_its_own(
    cast: Cast, settings: LazySettings
) -> None:
    first = receive(study_of(cast), cast, phantom_png(1))
    patient = patients.find_or_create_patient(clinic=cast.clinic_b, number="P-1", actor=cast.stranger)
    theirs = studies.create_study(patient=patient, actor=cast.stranger)
    second = films.receive(
        study=theirs, film=io.BytesIO(phantom_png(1)), name="film.png", actor=cast.stranger
    )
    assert not second.duplicate
    assert second.scan != first.scan
    assert second.scan.clinic == cast.clinic_b
    assert len(stored_files(settings)) == 2


def test_a_film_of_another_patient_is_said_to_be_one(cast: Cast) -> None:
    receive(study_of(cast), cast, phantom_png(1))
    sent = [(io.BytesIO(phantom_png(1)), "a.png")]
    (outcome,) = films.receive_many(study=study_of(cast, "P-2"), films=sent, actor=cast.technician)
    assert "another patient" in outcome.text


def test_a_film_that_comes_again_is_said_to_be_in_this_study_or_in_an_earlier_one(cast: Cast) -> None:
    first, later = study_of(cast), study_of(cast)
    receive(first, cast, phantom_png(1))
    for study, words in ((first, "already in this study"), (later, "in an earlier study of this patient")):
        sent = [(io.BytesIO(phantom_png(1)), "a.png")]
        (outcome,) = films.receive_many(study=study, films=sent, actor=cast.technician)
        assert words in outcome.text
