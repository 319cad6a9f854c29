"""Tells workers through the broker that scans wait. Messages may be lost; the rows are the truth."""

import logging
from collections.abc import Sequence

from celery import current_app
from django.db import transaction
from kombu.exceptions import ChannelError, OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# By name, because services may not import the tasks above them.
ANALYSE = "diagnosis.tasks.analyse_next"
REPORTS = "diagnosis.tasks.make_reports"


class BrokerDown(Exception):
    """No broker answers; waiting scans stay on their rows and a later sweep sends them."""


def announce() -> None:
    """Tell a worker that a scan waits; `turns` says which one it takes. Raises BrokerDown."""
    try:
        current_app.signature(ANALYSE).delay()
    except (OperationalError, RedisError, OSError) as error:  # it may answer, but have no room
        raise BrokerDown(str(error)) from error


def announce_on_commit(scan_ids: Sequence[int]) -> None:
    """Tell the workers once the transaction is committed; without a broker the sweeper does it later."""
    waiting_scans = tuple(scan_ids)

    def announce_all() -> None:  # a function: Django names it where it logs what went wrong in it
        _announce(waiting_scans)

    transaction.on_commit(announce_all, robust=True)


def _announce(scan_ids: Sequence[int]) -> None:
    for _ in scan_ids:
        try:
            announce()
        except BrokerDown as error:  # one failure is enough: fifty time-outs would take too long
            logger.warning("scans %s wait for the sweeper: no broker (%s)", scan_ids, error)
            return


def send_on_commit(task: str, *, seconds: float = 0) -> None:
    """Send a message that only says that there is work, once the transaction is committed; beat sends one
    too. `seconds`: after which there is.
    """

    def send() -> None:
        try:
            current_app.signature(task).apply_async(countdown=seconds or None)
        except (OperationalError, RedisError, OSError) as error:
            logger.warning("%s waits for beat: no broker (%s)", task, error)

    transaction.on_commit(send, robust=True)


def takes_messages() -> bool:
    """Whether the broker takes a message just now; by writing, for a full one still lets itself be read."""
    try:
        with current_app.connection_for_write() as link:
            link.ensure_connection(max_retries=1, interval_start=0, timeout=2)
            client = getattr(link.default_channel, "client", None)  # a broker in memory has none
            if client is not None:
                client.set("carina:takes-messages", 1, ex=60)
    except (OperationalError, ChannelError, RedisError, OSError) as error:
        logger.error("the broker takes no messages: %s", type(error).__name__)
        return False
    return True


def waiting() -> int:
    """The number of messages about scans in the broker that no worker has taken. Raises BrokerDown."""
    with current_app.connection_for_read() as link:
        try:
            link.ensure_connection(max_retries=1, interval_start=0, timeout=2)
            queue = current_app.conf.task_default_queue
            return int(link.default_channel.queue_declare(queue, passive=True).message_count)
        except ChannelError:
            return 0  # an empty queue has no key in the broker
        except (OperationalError, RedisError, *link.connection_errors, *link.channel_errors) as error:
            raise BrokerDown(str(error)) from error
