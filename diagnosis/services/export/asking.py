"""Somebody asks for a study without names, and fetches it once it is ready."""

from typing import BinaryIO, Final

from django.db import transaction

from accounts.models import User
from diagnosis.models import Export, ExportState, Study
from diagnosis.services import history, messenger, storage, worklist
from diagnosis.services.export.films import WITHOUT_NAMES

TASK: Final = "diagnosis.tasks.prepare_exports"
UNFINISHED: Final = (ExportState.WAITING, ExportState.WORKING)


class Gone(Exception):
    """There is no file to fetch; the message says why."""


def ask(*, study: Study, actor: User, sex_and_age: bool) -> Export:
    """Put the study into the queue of what is prepared; audit `export.asked`.

    Who asks again while the same wish waits or is being prepared gets that one.
    """
    with transaction.atomic():
        locked = worklist.lock(study.pk)
        wish = {"study": locked, "asked_by": actor, "sex_and_age": sex_and_age}
        waiting = Export.objects.filter(state__in=UNFINISHED, **wish).first()
        if waiting is not None:
            return waiting
        export = Export.objects.create(**wish)
        history.write(locked, "export.asked", {"sex_and_age": sex_and_age}, actor=actor)
        messenger.send_on_commit(TASK)
    return export


def fetched(*, export: Export, actor: User) -> BinaryIO:
    """The export's file, opened; audit `study.exported` once it is, so that what is on record can leave.

    Raises Gone.
    """
    if export.state != ExportState.READY or not export.cleaned:
        raise Gone("There is no film to fetch.")
    try:
        file = storage.export_path(export.public_id).open("rb")
    except OSError as error:
        raise Gone("The file is no longer here. Export the study again.") from error
    try:
        facts = {"kind": WITHOUT_NAMES, "films": export.cleaned}
        history.write(export.study, "study.exported", facts, actor=actor)
    except BaseException:
        file.close()
        raise
    return file
