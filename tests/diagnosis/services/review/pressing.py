"""A doctor presses Sign on a study as its page shows it."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from diagnosis.models import PendingSignature, Scan, Study
from diagnosis.services import results, review, worklist
from diagnosis.services.review import FilmWord, StudyWords


def as_shown(scan: Scan, **word: Any) -> FilmWord:
    film = Scan.objects.prefetch_related(results.with_predictions()).get(pk=scan.pk)
    prediction, last = results.current(film), scan.reviews.order_by("-id").first()
    told = prediction.shown_finding if prediction else None
    return FilmWord(
        scan=scan.public_id, prediction=prediction.public_id if prediction else None,
        told=told.value if told else "", last=last.public_id if last else None,
        read=worklist.is_about(last, prediction), **word,
    )  # fmt: skip


def words_of(study: Study, finding: str = "covid19", **said: Any) -> StudyWords:
    films = tuple(as_shown(scan) for scan in Scan.objects.filter(study=study, set_aside_at=None))
    return StudyWords(**({"films": films, "finding": finding} | said))


def press(study: Study, doctor: Any, finding: str = "covid19", **said: Any) -> PendingSignature:
    words = words_of(study, finding, **said)
    return review.press(study=study, doctor=doctor, words=words, typed={"note": [words.note]})


def time_is_over(signature: PendingSignature) -> None:
    PendingSignature.objects.filter(pk=signature.pk).update(due_at=timezone.now() - timedelta(seconds=1))
