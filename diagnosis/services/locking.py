"""The one order in which rows are locked: clinic, patients by key, studies by key, films, the record's head.

Two changes that keep to it never wait for each other. A row that names its clinic, its patient or its study
waits for theirs, too, as foreign keys do: so whoever enters or files something locks the clinic first.
"""

from accounts.models import Clinic


def lock_clinic(clinic_id: int) -> Clinic:
    """The clinic, its row locked until the transaction ends: one at a time enters films there."""
    return Clinic.objects.select_for_update().get(pk=clinic_id)
