"""Which studies wait for their reader's own word first, and what their form begins with after it."""

from collections.abc import Iterable

from accounts.models import User
from diagnosis.models import Decision, Prediction, Scan, Study
from diagnosis.services import blind_reads, blindness, first_reads


def to_read_blind(reader: object, studies: Iterable[Study]) -> set[int]:
    """The primary keys of those whose answer this reader is not told yet."""
    keys = [study.pk for study in studies]
    films = Scan.objects.filter(study__in=keys)
    unheard = blindness.unheard(reader, Study.objects.filter(pk__in=keys)).order_by()
    return {scan.study_id for scan in blind_reads.waiting_for(reader=reader, films=films)} | set(
        unheard.values_list("pk", flat=True)
    )


def own_word(study: Study, doctor: User, shown: Prediction | None) -> dict[str, str]:
    """What the form to sign begins with: the doctor's own first word, if they gave one."""
    word = first_reads.of(study=study, doctor=doctor)
    if word is None or not word.finding:
        return {}
    told = shown.shown_finding if shown else None
    same = word.finding == told
    decision = Decision.AGREE if same else Decision.CHANGE if told else Decision.READ
    zones = {f"zone_{zone}": str(grade) for zone, grade in word.zones.items()}
    return {"decision": str(decision), "finding": "" if same else word.finding, **zones}
