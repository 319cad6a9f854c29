"""Sums up a study's scans, predictions and reviews on its row, and tells who waits for it; no other does."""

from django.utils import timezone

from diagnosis.models import (
    FINAL_STATUSES,
    Finding,
    NoticeKind,
    Prediction,
    ReadingRules,
    Review,
    Scan,
    ScanStatus,
    Study,
    StudyState,
    Triage,
    WebhookKind,
)
from diagnosis.models.study import DONE_STATES, FINEST
from diagnosis.services import notice, referred, results, webhooks

RANK_URGENT, RANK_PATHOLOGICAL, RANK_UNSURE, RANK_NORMAL, RANK_PROBLEM, RANK_WAITING, RANK_DONE = range(7)

_RANK_OF_TRIAGE = {
    Triage.PATHOLOGICAL.value: RANK_PATHOLOGICAL,
    Triage.UNSURE.value: RANK_UNSURE,
    Triage.NORMAL.value: RANK_NORMAL,
}
_RANK_WHEN_BLIND = {
    StudyState.TO_REVIEW: RANK_UNSURE,
    StudyState.PROBLEM: RANK_PROBLEM,
    StudyState.WAITING: RANK_WAITING,
}


def lock(study_id: int) -> Study:
    """The study, its row locked until the transaction ends; call it first when changing a study's scans.

    Otherwise two films of one study analysed at once would each be summed up without the other.
    """
    return Study.objects.select_for_update().get(pk=study_id)


def latest_reviews(study: Study) -> dict[int, Review]:
    """The newest review of each scan, by scan id."""
    return {review.scan_id: review for review in Review.objects.filter(scan__study=study).order_by("id")}


def _sickest_first(prediction: Prediction) -> tuple[int, float]:
    """Sort key: by triage, then by probability.

    A film may be "unsure" at any probability, if its looks disagree or it is unlike the training films.
    """
    return _RANK_OF_TRIAGE[prediction.shown_triage.value], prediction.p_normal


def is_about(review: Review | None, prediction: Prediction | None) -> bool:
    """Whether the review is of this result; without a result, whether it is a reading without one."""
    return review is not None and review.prediction_id == (prediction.pk if prediction else None)


def _state(study: Study, unread: list[str], *, dismissed: bool) -> str:
    """The state of a study by the states of its films that no doctor has signed as they stand."""
    if study.cancelled_at is not None:
        return StudyState.CANCELLED
    if not study.films_counted:
        return StudyState.DISMISSED if dismissed else StudyState.EMPTY
    if any(status not in FINAL_STATUSES for status in unread):
        return StudyState.WAITING
    if ScanStatus.ANALYSED in unread:
        return StudyState.TO_REVIEW
    # A signature on one film must not hide another that was refused or failed: somebody has to read that
    # one without the network, or dismiss it.
    return StudyState.PROBLEM if unread else StudyState.REVIEWED


def _rank(study: Study, unread: list[Prediction], *, blind: bool) -> int:
    """The study's rank in the worklist. `unread`: each film's last known result, if no doctor reviewed it.

    An abnormal film does not sink while it is analysed again, or while the film beside it waits. `blind`: the
    clinic's doctors give their word before the network, so that the list must not tell it by its order.
    """
    if study.state in DONE_STATES:
        return RANK_DONE
    if study.state == StudyState.EMPTY:
        return RANK_PROBLEM  # however urgent: there is nothing to read yet
    if study.urgent:
        return RANK_URGENT
    if blind:
        return _RANK_WHEN_BLIND[StudyState(study.state)]
    if study.state == StudyState.TO_REVIEW:
        base = _RANK_OF_TRIAGE.get(study.network_triage, RANK_UNSURE)
    else:
        base = RANK_PROBLEM if study.state == StudyState.PROBLEM else RANK_WAITING
    return min([base, *(_RANK_OF_TRIAGE[prediction.shown_triage.value] for prediction in unread)])


def _place(study: Study, unread: list[Prediction]) -> int:
    """The study's place within its rank: 0, so that the longest wait decides, except on probation.

    No limits count there, but the order of the scores within the clinic does: the most abnormal film first.
    A film that is doubtful in itself has no score to go by; a person reads it before those.
    """
    if study.rank != RANK_UNSURE:
        return 0
    unsure = [prediction for prediction in unread if prediction.shown_triage == Triage.UNSURE]
    return min((_by_score(prediction) for prediction in unsure), default=0)


def _by_score(prediction: Prediction) -> int:
    if not prediction.withheld or prediction.doubtful:
        return 0
    return 1 + round(FINEST * prediction.p_normal)


def _doctors_word(reviews: dict[int, Review], worst: Prediction | None) -> str:
    """The doctors' finding for the whole study: an abnormal film always outranks a normal one.

    If several are abnormal, the film that represents the network's result represents the doctors' too.
    """
    newest_first = sorted(reviews.values(), key=lambda review: -review.pk)
    findings = [review.finding for review in newest_first]
    of_worst = reviews[worst.scan_id].finding if worst and worst.scan_id in reviews else None
    abnormal = [finding for finding in findings if finding not in ("", Finding.NORMAL)]
    if of_worst in abnormal:
        return str(of_worst)
    if abnormal:
        return abnormal[0]
    if of_worst is not None:
        return of_worst  # normal, or empty: the prediction was rejected without another finding
    return str(Finding.NORMAL) if Finding.NORMAL in findings else ""


def refresh(study: Study) -> None:
    """Write the study's state, rank and findings from its scans; call it in the transaction of the change.

    The most abnormal film represents the study: an average would hide a sick lung.
    """
    before = study.state
    films = list(Scan.objects.filter(study=study).prefetch_related(results.with_predictions()))
    scans = [scan for scan in films if scan.set_aside_at is None]
    reviews = latest_reviews(study)
    current = {scan.pk: results.current(scan) for scan in scans}
    predictions = [prediction for prediction in current.values() if prediction]
    unsigned = [scan for scan in scans if not is_about(reviews.get(scan.pk), current[scan.pk])]
    known = [(scan, results.speaking(scan.predictions.all())) for scan in unsigned]
    unread = [last for scan, last in known if last and not is_about(reviews.get(scan.pk), last)]
    worst = min(predictions, key=_sickest_first, default=None)
    study.films_counted, study.films_read = len(scans), len(scans) - len(unsigned)
    study.state = _state(study, [scan.status for scan in unsigned], dismissed=bool(films))
    told = worst.shown_finding if worst else None
    study.network_finding = told or ""
    study.network_triage = worst.shown_triage if worst else ""
    study.network_standing = worst.standing if worst else ""
    study.network_probability = worst.probabilities[told.value] if worst and told else None
    study.doctor_finding = _doctors_word(reviews, worst)
    blind = ReadingRules.of(study.clinic_id).blind_first
    study.rank = _rank(study, unread, blind=blind)
    study.place = 0 if blind else _place(study, unread)
    study.changed_at = timezone.now()
    signed = max((review.signed_at for review in reviews.values()), default=None)
    study.done_at = signed if study.state == StudyState.REVIEWED else None
    study.save(
        update_fields=[
            "state",
            "rank",
            "place",
            "network_finding",
            "network_triage",
            "network_standing",
            "network_probability",
            "doctor_finding",
            "films_counted",
            "films_read",
            "changed_at",
            "done_at",
        ]
    )
    last = max(reviews.values(), key=lambda review: review.pk, default=None)
    _tell(study, before, reopened_after=last if before in DONE_STATES else None)


def _tell(study: Study, before: str, *, reopened_after: Review | None) -> None:
    """Tell the clinic's doctors of an urgent study that can be read; one that is done waits for nobody.

    `reopened_after`: what was said last of a study that was done and waits again: programs hear of it anew.
    """
    if study.urgent and study.state in (StudyState.TO_REVIEW, StudyState.PROBLEM):
        doctors = {*notice.doctors_of(study.clinic_id), *referred.reading_doctors(study)}
        notice.tell(NoticeKind.URGENT_WAITING, study=study, to=doctors)
        about = str(reopened_after.public_id) if reopened_after else ""
        webhooks.queue(WebhookKind.URGENT_WAITING, study=study, about=about)
    elif study.rank == RANK_DONE and study.state != before:
        notice.over(study, (NoticeKind.URGENT_WAITING, NoticeKind.OVERDUE))
