"""Which studies of a list wait for their reader's own word first: no answer is shown there."""

from collections.abc import Iterable

from diagnosis.models import Scan, Study
from diagnosis.services import blind_reads, blindness


def to_read_blind(reader: object, studies: Iterable[Study]) -> set[int]:
    """The primary keys of those whose answer this reader is not told yet."""
    keys = [study.pk for study in studies]
    films = Scan.objects.filter(study__in=keys)
    unheard = blindness.unheard(reader, Study.objects.filter(pk__in=keys)).order_by()
    return {scan.study_id for scan in blind_reads.waiting_for(reader=reader, films=films)} | set(
        unheard.values_list("pk", flat=True)
    )
