"""Which studies of a list wait for their reader's blind read: the network's answer is not shown there."""

from collections.abc import Iterable

from diagnosis.models import Scan, Study
from diagnosis.services import blind_reads


def to_read_blind(reader: object, studies: Iterable[Study]) -> set[int]:
    """The primary keys of those whose answer this reader is not told yet."""
    films = Scan.objects.filter(study__in=[study.pk for study in studies])
    return {scan.study_id for scan in blind_reads.waiting_for(reader=reader, films=films)}
