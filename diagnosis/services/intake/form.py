"""Creates a study from the browser's form; the same form sent twice leads to the same study."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from diagnosis.models import Door, Patient, Study, Submission
from diagnosis.services import history
from diagnosis.services.locking import lock_clinic
from diagnosis.services.patients import place_patient
from diagnosis.services.studies import place_study

SAME_FORM: Final = timedelta(hours=1)


def enter_study(
    *, actor: User, entry: uuid.UUID, patient: Mapping[str, Any], study: Mapping[str, Any]
) -> tuple[Study, bool]:
    """The study of this form, and whether it was created just now.

    `entry` is the form's own number. A second press of the button, or a retry after a lost connection, sends
    the same number and content. The content counts as well: going back and correcting the patient's number
    must not lead to the first patient's study. Going back to the page gives the form another number: what its
    sender sent word by word within the last hour is the same study. Raises patients.PatientMismatch.
    """
    assert actor.clinic is not None
    digest = _digest(entry, patient, study)
    key = f"form:{digest}"
    known = Submission.objects.filter(clinic=actor.clinic, key=key).select_related("study__patient").first()
    if known:
        return known.study, False
    try:
        with transaction.atomic():
            clinic = lock_clinic(actor.clinic.pk)
            person, entries = place_patient(clinic=clinic, **patient)
            if again := _sent_before(person, actor, study):
                history.write_all(entries, actor=actor)
                return again, False
            made, more = place_study(patient=person, actor=actor, **study)
            Submission.objects.create(clinic=actor.clinic, key=key, fingerprint=digest, study=made)
            history.write_all([*entries, *more], actor=actor)
    except IntegrityError:  # the same form sent at the same time was faster
        return Submission.objects.get(clinic=actor.clinic, key=key).study, False
    return made, True


def _sent_before(patient: Patient, actor: User, facts: Mapping[str, Any]) -> Study | None:
    """The study with just these facts that the same person entered for the patient a short while ago."""
    lately = Study.objects.filter(
        patient=patient, created_by=actor, door=Door.BROWSER, created_at__gte=timezone.now() - SAME_FORM
    )
    return lately.filter(**{name: value for name, value in facts.items() if value is not None}).first()


def _digest(entry: uuid.UUID, patient: Mapping[str, Any], study: Mapping[str, Any]) -> str:
    content = json.dumps([str(entry), dict(patient), dict(study)], sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()
