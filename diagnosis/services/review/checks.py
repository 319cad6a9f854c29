"""Whether a word is still about what its doctor has seen: the film, its result, what others signed."""

from django.utils import timezone

from accounts.models import User
from diagnosis.models import Decision, Finding, Prediction, Review, Scan, ScanStatus
from diagnosis.services import blindness, results
from diagnosis.services.review.words import REJECTED, ResultChanged, ReviewRefused, Shown

FINDINGS = Finding.values


def decision_of(choice: str, told: str) -> str:
    """The decision that a choice among findings means: naming what the network told is to agree with it."""
    if choice == REJECTED:
        return Decision.REJECT
    if not told:
        return Decision.READ
    return Decision.AGREE if choice == told else Decision.CHANGE


def finding_signed(decision: str, finding: str, prediction: Prediction | None) -> str:
    """The finding that is signed. `still_current` saw to it that the decision suits the result."""
    if decision == Decision.REJECT:
        return ""
    told = prediction.shown_finding if prediction else None
    if told and decision == Decision.AGREE:
        return told.value
    if decision != (Decision.CHANGE if told else Decision.READ):
        ways = "agree, change the finding or reject it" if told else "name the finding or reject the result"
        raise ReviewRefused(f"Choose whether you {ways}.", field="decision")
    if finding not in Finding.values:
        raise ReviewRefused("Choose the finding that you see.", field="finding")
    if told and finding == told:
        raise ReviewRefused("This is the network's finding: choose “agree” instead.", field="finding")
    return finding


def check_it_counts(scan: Scan, *, count_again: bool) -> None:
    """Raise ReviewRefused for a film that was set aside, or whose study was cancelled."""
    film = Scan.objects.select_related("set_aside_by", "study__cancelled_by").get(pk=scan.pk)
    if film.study.cancelled_at is not None:
        at, who = timezone.localtime(film.study.cancelled_at), film.study.cancelled_by or "The portal"
        raise ReviewRefused(
            f"{who} cancelled this study on {at.day} {at:%b %Y at %H:%M}. If it needs your reading all the "
            "same, reopen it first."
        )
    if film.set_aside_at is not None and not count_again:
        at = timezone.localtime(film.set_aside_at)
        raise ReviewRefused(
            f"{film.set_aside_by} dismissed this film on {at.day} {at:%b %Y at %H:%M}: it does not count. "
            "What you typed is kept. If the film needs your reading all the same, tick “Count this film "
            "again” and sign."
        )


def check_own_word_first(scan: Scan, doctor: User) -> None:
    """Raise ReviewRefused for a doctor who is to say something before they are told anything."""
    if blindness.is_unheard(doctor, scan.study):
        raise ReviewRefused("Give your first word about this study before you sign. Nothing was signed.")


def still_current(scan: Scan, prediction: Prediction | None, decision: str) -> Prediction | None:
    """The result as it stands now; raise ResultChanged or ReviewRefused if the film has moved on meanwhile.

    The study's row is locked, so no analysis can end between this check and the signature.
    """
    if prediction is not None and prediction.scan_id != scan.pk:
        raise ResultChanged("This form is about another film. Read this film’s result below, then sign.")
    film = Scan.objects.prefetch_related(results.with_predictions()).get(pk=scan.pk)
    if film.study_id != scan.study_id:
        raise ReviewRefused("This film has just been moved to another patient. Check whose it is, then sign.")
    current = results.current(film)
    if prediction is None:
        _check_read_without_result(current, decision)
    elif current is None:
        raise ResultChanged(_why_no_result(film))
    elif current.pk < prediction.pk:
        raise ResultChanged(
            "The network whose result you read has been withdrawn since you opened this page. "
            "Read the result below, then sign your review."
        )
    elif current.pk != prediction.pk:
        raise ResultChanged(
            "A newer result has arrived since you opened this page. Read it below, then sign your review."
        )
    elif current.withheld and decision in (Decision.AGREE, Decision.CHANGE):
        raise ResultChanged(
            "No limits count for this result, so the network names no finding to agree with or to change. "
            "Choose the finding that you see, then sign."
        )
    return current


def _check_read_without_result(current: Prediction | None, decision: str) -> None:
    if decision == Decision.READ:
        if current is not None:
            raise ResultChanged(
                "The network’s result has arrived since you opened this page. "
                "Read it below, then sign your review."
            )
    elif current is not None:
        raise ResultChanged(
            "The form did not say which result you read. Read the result below, then sign your review."
        )
    elif decision in Decision.values:
        raise ResultChanged(
            "The network has no result for this film. Choose the finding that you see, then sign."
        )


def _why_no_result(film: Scan) -> str:
    if film.status in (ScanStatus.QUEUED, ScanStatus.ANALYSING):
        why = "This film is being analysed again. Wait for the new result and review that, or"
    else:
        why = "The network could not read this film again, and its earlier result does not count any more:"
    return f"{why} sign what you see yourself, below."


def check_nobody_was_faster(scan: Scan, shown: Shown) -> None:
    film = Scan.objects.select_related("study").get(pk=scan.pk)
    if shown.study not in (None, film.study.public_id):
        raise ReviewRefused(
            "This film was moved to another patient after you opened it. Check whose it is, then sign."
        )
    newest = Review.objects.filter(scan=scan).select_related("doctor").order_by("-id").first()
    if newest is not None and newest.public_id != shown.review:
        said = newest.get_finding_display() or "a rejection of the prediction"
        raise ReviewRefused(
            f"{newest.signed_by} signed {said} at {timezone.localtime(newest.signed_at):%H:%M}, after you "
            "opened this page. Read it; sign again to add your word and replace that one."
        )
