"""What pages say of critical results."""

from django import template

from diagnosis.models import CriticalResult, Study
from diagnosis.services import critical

register = template.Library()


@register.filter
def critical_result(study: Study) -> CriticalResult | None:
    """The study's last critical result, open or acknowledged."""
    return critical.of(study)


@register.filter
def open_critical(study: Study) -> CriticalResult | None:
    """The open one of a list's row; lists bring them along."""
    return next(iter(getattr(study, "open_criticals", ())), None)
