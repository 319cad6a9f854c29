"""Celery tasks: they take ids, and the services do the work."""

import logging

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded

from accounts import audit
from diagnosis.services import analysis, sweeper
from diagnosis.services.messenger import BrokerDown

logger = logging.getLogger(__name__)


@shared_task(name="diagnosis.tasks.analyse_scan")
def analyse_scan(scan_id: int) -> None:
    """Analyse one film; a second delivery of the same message finds nothing to do."""
    analysis.analyse(scan_id=scan_id, time_limit_error=SoftTimeLimitExceeded)


@shared_task(name="diagnosis.tasks.sweep")
def sweep() -> None:
    """Queue again the scans left behind; beat calls this every few seconds."""
    try:
        sweeper.sweep()
    except BrokerDown as error:
        logger.warning("nothing swept, the broker is down: %s", error)


@shared_task(name="diagnosis.tasks.chain_looks")
def chain_looks() -> None:
    """Move what people looked at into the audit chain; beat calls this every few seconds."""
    audit.chain_looks()
