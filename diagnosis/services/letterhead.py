"""Changes what stands at the head of a clinic's reports, and what they tell."""

import hashlib

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts import audit
from accounts.models import Clinic, User
from accounts.permissions import may_manage_clinic
from diagnosis.imaging.report.pictures import clean_logo
from diagnosis.services import storage

FIELDS = ("address", "logo", "paper", "network_in_report")


def change(
    *,
    clinic: Clinic,
    by: User,
    address: str,
    paper: str,
    network_in_report: bool,
    logo: bytes | None = None,
    without_logo: bool = False,
) -> bool:
    """Store a clinic's letterhead; audit `clinic.letterhead`. False if nothing differs.

    `logo`: a picture in place of the one before; it is drawn anew, so that nothing else in its file is kept.
    Documents that were issued keep their own. Raises PermissionDenied for outsiders, ValueError with words
    for a picture that cannot be used.
    """
    if not may_manage_clinic(by) or by.clinic_id != clinic.pk:
        raise PermissionDenied("Only the clinic's own administrator may change its letterhead.")
    cleaned = clean_logo(logo) if logo else None
    with transaction.atomic():
        row = Clinic.objects.select_for_update().get(pk=clinic.pk)
        before = {name: getattr(row, name) for name in FIELDS}
        row.address, row.paper, row.network_in_report = address, paper, network_in_report
        if cleaned:
            name = hashlib.sha256(cleaned).hexdigest()[:32]
            row.logo = f"clinics/{row.public_id}/logo-{name}.png"
            storage.write_picture(row.logo, cleaned)
        elif without_logo:
            row.logo = ""
        changed = [name for name in FIELDS if getattr(row, name) != before[name]]
        if not changed:
            return False
        row.save(update_fields=changed)
        audit.record(
            actor=by,
            action="clinic.letterhead",
            subject=f"clinic:{row.public_id}",
            clinic=row,
            facts={"changed": changed},
            rows=[audit.Stored(row, changed)],
        )
    return True
