"""What the inbox says of each notice: the words, and the study where the reader may still see it."""

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.models import Clinic, User
from diagnosis.access import shown_studies_for, shown_where
from diagnosis.models import Notice, NoticeKind, Study
from diagnosis.services import blindness, notice


@dataclass(frozen=True)
class Told:
    """A notice as the inbox shows it; `study`: None where the reader may not see it.

    `place`: another clinic of theirs, in which they may.
    """

    notice: Notice
    words: str
    study: Study | None
    place: Clinic | None
    marks: list[str]


def told(rows: Iterable[Notice], reader: User) -> list[Told]:
    """The notices with their studies. A reader who is to give their own word first is not told a finding."""
    rows = list(rows)
    seen = shown_studies_for(reader).filter(pk__in=[row.study_id for row in rows])
    studies = {study.pk: study for study in seen.select_related("patient")}
    hidden = [row.study_id for row in rows if row.study_id not in studies]
    places = shown_where(reader, Study.objects.filter(pk__in=hidden)) if hidden else {}
    unheard = set(blindness.unheard(reader, seen.all()).values_list("pk", flat=True)) if studies else set()
    return [
        Told(
            row,
            notice.sentence(row.kind, row.detail),
            studies.get(row.study_id),
            places.get(row.study_id),
            _marks(row, blind=row.study_id in unheard),
        )
        for row in rows
    ]


def _marks(row: Notice, *, blind: bool) -> list[str]:
    if row.kind in (NoticeKind.URGENT_WAITING, NoticeKind.CRITICAL_WAITING):
        return ["Urgent"] if row.kind == NoticeKind.URGENT_WAITING else ["Critical"]
    if row.kind != NoticeKind.READING_SIGNED:
        return []
    shown = (notice.URGENT,) if blind else (notice.URGENT, notice.ABNORMAL)
    return [word.capitalize() for word in row.detail.split() if word in shown]
