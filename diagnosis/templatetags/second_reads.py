"""What pages say of second readings, of first words, of outcomes and of what a score has meant here."""

from django import template
from django.db import DatabaseError

from diagnosis.models import FirstRead, PatientOutcome, Prediction, SecondReading, Study
from diagnosis.services import meaning, outcomes, second_reads

register = template.Library()


@register.filter
def open_second(study: Study) -> SecondReading | None:
    """The second reading that the study waits for; lists bring them along."""
    brought = getattr(study, "open_seconds", None)
    if brought is not None:
        return next(iter(brought), None)
    return second_reads.open_reading(study)


@register.filter
def may_withdraw_second(reading: SecondReading, user: object) -> bool:
    return second_reads.may_withdraw(reading, user)


@register.filter
def words_of(study: Study) -> list[FirstRead]:
    """The words given before any answer, the first one first."""
    return list(FirstRead.objects.filter(study=study).select_related("doctor").order_by("id"))


@register.filter
def outcomes_of(study: Study) -> list[PatientOutcome]:
    brought = getattr(study, "standing_outcomes", None)
    return list(outcomes.standing([study])) if brought is None else brought


@register.filter
def meaning_here(prediction: Prediction) -> meaning.Meaning | None:
    return meaning.here(prediction)


@register.simple_tag
def second_reads_to_give(user: object) -> int:
    """How many studies wait for this doctor as second or third reader; 0 without a database."""
    try:
        return second_reads.to_give(user).count()
    except DatabaseError:
        return 0
