"""The words for results and events on pages: a sentence first, numbers second."""

from diagnosis.services.cautions import cautions
from diagnosis.services.result_words import headline, kind, percent, steps
from diagnosis.views.contexts.wording.event import READS, Happening, happening
from diagnosis.views.contexts.wording.suggestion import PHANTOM_ADVICE, Advice, advice
from diagnosis.views.contexts.wording.trail import what_happened
from diagnosis.views.contexts.wording.uncertainty import Looks, looks

__all__ = [
    "PHANTOM_ADVICE",
    "READS",
    "Advice",
    "Happening",
    "Looks",
    "advice",
    "cautions",
    "happening",
    "headline",
    "kind",
    "looks",
    "percent",
    "steps",
    "what_happened",
]
