"""Somebody asks to send a study to an archive, or to try a film again."""

from django.db import transaction
from django.utils import timezone

from accounts.audit import Stored
from accounts.models import User
from diagnosis.models import Archive, Delivery, DeliveryState, Scan, Study
from diagnosis.services import history, messenger, worklist
from diagnosis.services.locking import lock_clinic

DELIVERY_TASK = "diagnosis.tasks.deliver"


class NothingToSend(Exception):
    """The study cannot be sent; the message says why."""


def ask(*, study: Study, archive: Archive, actor: User) -> int:
    """Put the study's films into the queue for an archive; how many. Audit `delivery.asked`.

    A film that the archive has, or that is on its way there, is not sent again; one that failed is. Films
    that were set aside stay here. Raises NothingToSend.
    """
    if archive.clinic_id != study.clinic_id or not archive.active:
        raise NothingToSend("There is no such archive in your clinic.")
    with transaction.atomic():
        lock_clinic(study.clinic_id)
        locked = worklist.lock(study.pk)
        if locked.cancelled_at is not None:
            raise NothingToSend("The study is cancelled. Reopen it before you send it.")
        films = list(Scan.objects.filter(study=locked, set_aside_at=None).order_by("pk"))
        if not films:
            raise NothingToSend("The study has no film to send.")
        known = {row.scan_id: row for row in Delivery.objects.filter(scan__in=films, archive=archive)}
        made = [_new(scan, archive, actor) for scan in films if scan.pk not in known]
        again = [row.pk for row in known.values() if row.state == DeliveryState.FAILED]
        count = len(made) + Delivery.objects.filter(pk__in=again, state=DeliveryState.FAILED).update(
            **_fresh()
        )
        if count:
            facts = {"archive": archive.name, "films": count}
            stored = [Stored(row) for row in made]
            history.write(locked, "delivery.asked", facts, actor=actor, rows=stored)
            messenger.send_on_commit(DELIVERY_TASK)
    return count


def retry(*, delivery: Delivery, actor: User) -> bool:
    """Put a film that failed into the queue again; audit `delivery.retried`. False if it had not failed."""
    with transaction.atomic():
        failed = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.FAILED)
        if not failed.update(**_fresh()):
            return False
        facts = {"archive": delivery.archive.name}
        history.write(delivery.scan, "delivery.retried", facts, actor=actor)
        messenger.send_on_commit(DELIVERY_TASK)
    return True


def _new(scan: Scan, archive: Archive, actor: User) -> Delivery:
    return Delivery.objects.create(
        clinic_id=scan.clinic_id,
        scan=scan,
        archive=archive,
        asked_by=actor,
        sop_instance_uid=scan.sop_instance_uid,
    )


def _fresh() -> dict[str, object]:
    return {
        "state": DeliveryState.WAITING,
        "attempts": 0,
        "next_try_at": timezone.now(),
        "claimed_at": None,
        "finished_at": None,
        "reason": "",
    }
