"""Of which studies a list may not tell its reader what the network says: the one place that decides.

Rows, tabs, filters, sorting, previews and exported tables ask here.
"""

from collections.abc import Iterable

from diagnosis.access import scans_for
from diagnosis.models import Scan, Study
from diagnosis.services import blind_reads


def to_read_blind(reader: object, studies: Iterable[Study]) -> set[int]:
    """The primary keys of those whose answer this reader is not told yet."""
    films = Scan.objects.filter(study__in=[study.pk for study in studies])
    return {scan.study_id for scan in blind_reads.waiting_for(reader=reader, films=films)}


def all_to_read_blind(reader: object) -> set[int]:
    """The same for the whole clinic, for what narrows, counts or orders its list by the network's answer."""
    return {scan.study_id for scan in blind_reads.waiting_for(reader=reader, films=scans_for(reader))}
