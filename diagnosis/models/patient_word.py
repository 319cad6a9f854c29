"""The words by which the worklist finds a patient: the beginning of any of them leads there, by an index."""

import re
from collections.abc import Iterable
from typing import Any, Final

from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.models import Clinic
from diagnosis import spelling

LONGEST: Final = 64
MOST: Final = 40  # words of one patient
FOUND_BY: Final = ("number", "first_name", "last_name")
_WITHOUT_SPACES: Final = "\u2e80"  # from here on, scripts that put no space between names


class WordField(models.CharField):
    """A word as `spelling` folds it, compared byte by byte: a range of it is a range of the index."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        given = super().db_parameters(connection)
        return {**given, "collation": "utf8mb4_bin"} if connection.vendor == "mysql" else given


class PatientWord(models.Model):
    """A word of a patient's number or name; it follows the patient's row, whoever writes that."""

    # no constraint: writing a word waits for the patient's row alone, never for the clinic's after it
    clinic = models.ForeignKey(
        Clinic, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    word = WordField(max_length=LONGEST)
    patient = models.ForeignKey("diagnosis.Patient", on_delete=models.CASCADE, related_name="words")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "word", "patient"], name="patient_word_once")
        ]
        indexes = [models.Index(fields=["patient", "word"], name="patient_word_of")]

    def __str__(self) -> str:
        return f"word of patient {self.patient_id}"


def words_of(*texts: str) -> list[str]:
    """The words under which these texts are found: whole ones, and what stands between their signs."""
    found: dict[str, None] = {}
    for text in texts:
        for word in spelling.words(text):
            parts = [part for part in re.split(r"[\W_]+", word) if part]
            for part in (word, *parts):
                found[part[:LONGEST]] = None
                if any(letter >= _WITHOUT_SPACES for letter in part):
                    found |= dict.fromkeys(part[start:][:LONGEST] for start in range(1, min(len(part), 8)))
    return list(found)[:MOST]


def write_words(patients: Iterable[Any]) -> None:
    """Put the patients' words right, in the transaction of the change."""
    rows = list(patients)
    kept: dict[int, dict[str, int]] = {}
    for pk, patient, word in PatientWord.objects.filter(patient__in=[row.pk for row in rows]).values_list(
        "pk", "patient", "word"
    ):
        kept.setdefault(patient, {})[word] = pk
    new, old = [], []
    for row in rows:
        words, there = set(words_of(row.number, row.first_name, row.last_name)), kept.get(row.pk, {})
        old += [pk for word, pk in there.items() if word not in words]
        new += [
            PatientWord(clinic_id=row.clinic_id, patient_id=row.pk, word=word)
            for word in sorted(words - there.keys())
        ]
    if old:
        PatientWord.objects.filter(pk__in=old).delete()
    PatientWord.objects.bulk_create(new, batch_size=500)


class Found(models.Model):
    """A row whose words are written together with what they are made of."""

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        fields = None if update_fields is None else set(update_fields)
        if fields is not None and not fields & set(FOUND_BY):
            super().save(*args, update_fields=fields, **kwargs)
            return
        with transaction.atomic(using=kwargs.get("using")):
            super().save(*args, update_fields=fields, **kwargs)
            write_words([self])
