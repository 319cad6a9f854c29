"""Puts films before doctors without any network's answer, and keeps their word.

Films about which candidate and active network differ, and a share of those about which they agree, in an
order of each reader's own. Neither before nor after the word does a reader learn here what a network said,
and until it is given no list or page tells them the active network's answer.
"""

from hashlib import sha256
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts import audit
from accounts.audit import Stored
from accounts.models import AuditEvent, User
from accounts.permissions import may_review
from diagnosis.models import Scan
from diagnosis.models.shadow import BlindRead, BlindWord, ShadowPrediction
from diagnosis.services import blindness, candidates, history, registry

__all__ = ["BlindWord", "NotOpen", "give_word", "is_open", "next_film", "under_way", "waiting_for"]

# Whoever opened one of these has seen what the active network says.
OPENED: Final = ("study.viewed", "report.viewed", "report.downloaded")
LOOKED_THROUGH: Final = 1000


class NotOpen(Exception):
    """This film is not, or no longer, this doctor's to read blind; `message` says so without a reason why."""

    message = "This film need not be read any more. Nothing was noted; here is the next one."


def under_way() -> bool:
    """Whether a candidate runs, so that films may wait for a blind read."""
    return candidates.candidate() is not None


def next_film(*, doctor: User, films: QuerySet[Scan]) -> Scan | None:
    """The next film for this doctor out of those that they may see; the same until it is read."""
    return min(_open_to(doctor, films), key=lambda scan: _place(doctor, scan), default=None)


def is_open(*, doctor: User, scan: Scan) -> bool:
    """Whether this film is this doctor's to read blind just now."""
    return scan in _open_to(doctor, Scan.objects.filter(pk=scan.pk))


def waiting_for(*, reader: object, films: QuerySet[Scan]) -> list[Scan]:
    """Those of the films that this reader may yet read blind; meanwhile they are not told the answer."""
    if not isinstance(reader, User) or not may_review(reader) or not under_way():
        return []
    return _open_to(reader, films)


def give_word(*, doctor: User, scan: Scan, word: str) -> BlindRead:
    """Keep the doctor's word about a film; audit `scan.read_blind`, without the word. Raises NotOpen."""
    if not is_open(doctor=doctor, scan=scan):
        raise NotOpen
    shadow = ShadowPrediction.objects.filter(scan=scan, model_version=candidates.candidate()).first()
    if shadow is None:
        raise NotOpen
    try:
        with transaction.atomic():
            read = BlindRead.objects.create(shadow=shadow, doctor=doctor, word=BlindWord(word))
            history.write(scan, "scan.read_blind", actor=doctor, rows=[Stored(read)])
    except IntegrityError as twice:  # somebody was faster, or a button was pressed twice
        raise NotOpen from twice
    return read


def _open_to(doctor: User, films: QuerySet[Scan]) -> list[Scan]:
    """The films that count, wait for a blind read, and that this doctor has neither signed nor opened."""
    asked = ShadowPrediction.objects.filter(
        scan=OuterRef("pk"),
        to_read=True,
        model_version=candidates.candidate(),
        beside=registry.active_model(),  # a read beside the one before would count for nothing
    ).exclude(Exists(BlindRead.objects.filter(shadow=OuterRef("pk"))))
    signed = blindness.signed_by(doctor, OuterRef("study"))
    found = (
        films.filter(Exists(asked), set_aside_at=None, study__cancelled_at=None)
        .exclude(display="")
        .exclude(Exists(signed))
        .select_related("study")
    )
    waiting = list(found.order_by("-pk")[:LOOKED_THROUGH])
    studies = [str(scan.study.public_id) for scan in waiting]
    just_opened = audit.waiting_studies(reader=doctor, actions=OPENED)  # before those that are in the chain
    looks = AuditEvent.objects.filter(study_id__in=studies, actor=doctor.email, action__in=OPENED)
    opened = just_opened.union(looks.values_list("study_id", flat=True))
    return [scan for scan in waiting if str(scan.study.public_id) not in opened]


def _place(doctor: User, scan: Scan) -> str:
    """The film's place in the doctor's own order: two readers rarely have the same film before them."""
    return sha256(f"{doctor.public_id} {scan.public_id}".encode()).hexdigest()
