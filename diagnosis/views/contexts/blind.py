"""Of which studies a list may not tell its reader what anybody says of them: the one place that decides.

Rows, tabs, filters, sorting, previews and exported tables ask here.
"""

from collections.abc import Iterable

from accounts.models import User
from diagnosis.access import reads_for_others, referred_studies_for, scans_for, studies_for
from diagnosis.models import Scan, Study
from diagnosis.services import blind_reads, blindness, first_reads, tabs


def to_read_blind(reader: object, studies: Iterable[Study]) -> set[int]:
    """The primary keys of those whose answer this reader is not told yet."""
    keys = [study.pk for study in studies]
    films = Scan.objects.filter(study__in=keys)
    unheard = blindness.unheard(reader, Study.objects.filter(pk__in=keys)).order_by()
    return {scan.study_id for scan in blind_reads.waiting_for(reader=reader, films=films)} | set(
        unheard.values_list("pk", flat=True)
    )


def all_to_read_blind(reader: object) -> set[int]:
    """The same for the whole clinic, for what narrows, counts or orders its list by the answer."""
    waiting = blind_reads.waiting_for(reader=reader, films=scans_for(reader))
    own = {scan.study_id for scan in waiting} | blindness.all_unheard(reader, studies_for(reader))
    if reads_for_others(reader) is None:
        return own
    return own | to_read_blind(reader, referred_studies_for(reader, most=tabs.MOST_OWN))


def own_word(study: Study, doctor: User) -> dict[str, str]:
    """What the form to sign begins with: the doctor's own first word, if they gave one."""
    word = first_reads.of(study=study, doctor=doctor)
    if word is None or not word.finding:
        return {}
    return {"finding": word.finding, **{f"zone_{zone}": str(grade) for zone, grade in word.zones.items()}}
