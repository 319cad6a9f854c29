"""Celery tasks: they take ids, and the services do the work."""

import logging

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings

from accounts import audit, tokens
from diagnosis.services import (
    analysis,
    critical,
    delivery,
    drift,
    export,
    limits,
    meaning,
    notice,
    overdue,
    reading_rules,
    referrals,
    report,
    review,
    shadow,
    sweeper,
    upkeep,
    webhooks,
)
from diagnosis.services.messenger import BrokerDown

logger = logging.getLogger(__name__)


@shared_task(name="diagnosis.tasks.analyse_next")
def analyse_next() -> None:
    """Analyse the film whose turn it is; a message too many finds nothing to do."""
    analysis.analyse_next(time_limit_error=SoftTimeLimitExceeded)


@shared_task(name="diagnosis.tasks.analyse_scan")
def analyse_scan(_scan_id: int) -> None:
    """What messages are called that an earlier version sent and that still wait in the broker."""
    analysis.analyse_next(time_limit_error=SoftTimeLimitExceeded)


@shared_task(name="diagnosis.tasks.sweep")
def sweep() -> None:
    """Queue again the scans left behind; beat calls this every few seconds."""
    try:
        sweeper.sweep()
    except BrokerDown as error:
        logger.warning("nothing swept, the broker is down: %s", error)


@shared_task(
    name="diagnosis.tasks.deliver",
    time_limit=settings.DELIVERY_HARD_SECONDS,
    soft_time_limit=settings.DELIVERY_HARD_SECONDS - 5,
)
def deliver() -> None:
    """Put back what a killed courier held, and send films to archives for a while; beat calls this too."""
    delivery.put_back_stopped()
    delivery.deliver_due(seconds=settings.DELIVERY_HARD_SECONDS / 4)


@shared_task(
    name="diagnosis.tasks.prepare_exports",
    time_limit=settings.EXPORT_HARD_SECONDS,
    soft_time_limit=settings.EXPORT_HARD_SECONDS - 5,
)
def prepare_exports() -> None:
    """Put back what a killed worker held, and prepare exports without names; beat calls this too."""
    export.put_back_stopped()
    export.prepare_due(seconds=settings.DELIVERY_HARD_SECONDS / 4)


@shared_task(
    name="diagnosis.tasks.make_reports",
    time_limit=settings.REPORT_HARD_SECONDS,
    soft_time_limit=settings.REPORT_HARD_SECONDS - 5,
)
def make_reports() -> None:
    """Issue the reports of what was signed, put back what a killed worker held, and make reports for a while.

    Beat calls this too.
    """
    report.issue_due()
    report.put_back_stopped()
    report.make_due(seconds=settings.DELIVERY_HARD_SECONDS / 4)


@shared_task(name="diagnosis.tasks.show_to_candidate")
def show_to_candidate() -> None:
    """Show films to the candidate for a while, if there is one and no film waits; beat calls this."""
    shadow.run_due(seconds=settings.ANALYSIS_SOFT_SECONDS / 4, time_limit_error=SoftTimeLimitExceeded)


@shared_task(name="diagnosis.tasks.chain_looks")
def chain_looks() -> None:
    """Move what people looked at into the audit chain; beat calls this every few seconds."""
    audit.chain_looks()


@shared_task(name="diagnosis.tasks.anchor_record")
def anchor_record() -> None:
    """Anchor the head of the audit chain once a day, and send on what has not arrived; beat calls this."""
    audit.anchor_if_due()
    audit.deliver()


@shared_task(name="diagnosis.tasks.watch_films")
def watch_films() -> None:
    """Compare each clinic's latest films with its reference window; beat calls this every ten minutes."""
    drift.compare_due(seconds=settings.ANALYSIS_SOFT_SECONDS / 2)


@shared_task(name="diagnosis.tasks.count_scores")
def count_scores() -> None:
    """Count what the network's scores have meant in each clinic; beat calls this every ten minutes."""
    meaning.count_all(seconds=settings.ANALYSIS_SOFT_SECONDS / 2)


@shared_task(name="diagnosis.tasks.refer_covered")
def refer_covered() -> None:
    """Give studies to the clinics that read them by agreement, and end what is over; beat calls this."""
    referrals.refer_covered()


@shared_task(name="diagnosis.tasks.tell_of_overdue")
def tell_of_overdue() -> None:
    """Tell doctors and webhooks about studies that wait too long, and mail what could not be mailed before;
    beat calls this every minute.
    """
    upkeep.each(overdue.tell_doctors, overdue.queue_webhooks, notice.mail_due)


@shared_task(name="diagnosis.tasks.escalate_critical")
def escalate_critical() -> None:
    """Tell the next people of critical results that nobody acknowledged; beat calls this every minute."""
    critical.escalate()


@shared_task(name="diagnosis.tasks.send_webhooks", time_limit=90, soft_time_limit=80)
def send_webhooks() -> None:
    """Put back what a killed courier held, and tell webhooks what waits for them; beat calls this too."""
    webhooks.put_back_stopped()
    webhooks.deliver_due(seconds=30)


@shared_task(name="diagnosis.tasks.order_worklists")
def order_worklists() -> None:
    """Put studies in order whose limits were withdrawn, or whose clinic reads otherwise; beat calls this."""
    limits.put_in_order(seconds=settings.ANALYSIS_SOFT_SECONDS / 4)
    reading_rules.put_in_order(seconds=settings.ANALYSIS_SOFT_SECONDS / 4)


@shared_task(name=review.TASK)
def finalise_signatures() -> None:
    """Make signatures final that nobody took back in time; beat calls this too, every few seconds."""
    review.finalise_due()


@shared_task(name="diagnosis.tasks.tidy")
def tidy() -> None:
    """Delete what nobody needs any more, and warn of tokens that end; beat calls this every hour."""
    upkeep.each(upkeep.tidy, review.forget_old, tokens.warn_in_time)
