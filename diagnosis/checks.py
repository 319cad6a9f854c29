"""System checks: report what would stop films from being stored or analysed.

E001 DATA_DIR cannot be written · E002 the analysis' time limits contradict each other ·
E003 anchors would be sent without HTTPS ·
W001 no network is active · W002 the active network's files are damaged · W003 nobody chose the database ·
W004 patients' numbers look alike ·
W005 a queue on another machine has no password · W006 others on this machine can read what the portal keeps.
W001, W002 and W004 query the database and so run only with `check --database default` and `migrate`. They
only warn, because a portal without a working network must still start: doctors read earlier results in it.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import Error as DatabaseError
from django.db import transaction

from accounts import audit
from diagnosis.cnn.bundle import BundleError
from diagnosis.services import patients, registry


@register("storage")
def data_dir_can_be_written(**_: Any) -> list[CheckMessage]:
    """E001: films, pictures and models are kept below DATA_DIR, so it must be writable."""
    folder = Path(settings.DATA_DIR)
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return []
    hint = f"Make {nearest} writable for the user that runs the portal, or set DATA_DIR to another folder."
    return [Error("Films cannot be stored: DATA_DIR cannot be written.", hint=hint, id="diagnosis.E001")]


@register("storage")
def the_database_was_chosen(**_: Any) -> list[CheckMessage]:
    """W003: SQLite is enough for a demo; a hospital must not end up on it through a missing variable."""
    if settings.DEBUG or settings.DATABASE_CHOSEN:
        return []
    message = (
        f"DATABASE_URL is not set: all records go into SQLite ({settings.DATABASES['default']['NAME']})."
    )
    hint = (
        "Set DATABASE_URL to your MySQL or MariaDB server, mysql://user:password@host/carina, "
        "or to sqlite:////path/to/file if SQLite is what you want."
    )
    return [Warning(message, hint=hint, id="diagnosis.W003")]


@register("record")
def anchors_go_out_encrypted(**_: Any) -> list[CheckMessage]:
    """E003: whoever can change an anchor on its way can make a rewritten record look whole."""
    if not settings.AUDIT_ANCHOR_URL or audit.is_safe(settings.AUDIT_ANCHOR_URL):
        return []
    hint = "Set AUDIT_ANCHOR_URL to an address that begins with https://."
    return [Error("Anchors of the record would be sent without HTTPS.", hint=hint, id="diagnosis.E003")]


@register("queue")
def a_queue_elsewhere_has_a_password(**_: Any) -> list[CheckMessage]:
    """W005: whoever reaches a queue without a password can empty it and order work of their own."""
    url = urlsplit(settings.REDIS_URL)
    here = url.scheme == "unix" or url.hostname in ("127.0.0.1", "localhost", "::1", None)
    if here or url.password or "password=" in url.query:
        return []
    hint = "Set requirepass on that server and REDIS_URL to redis://:password@host:6379/0."
    return [Warning(f"The queue on {url.hostname} has no password.", hint=hint, id="diagnosis.W005")]


@register("storage")
def nobody_else_can_read(**_: Any) -> list[CheckMessage]:
    """W006: the embedded database and .env hold everything; earlier releases left them readable for all."""
    database = settings.DATABASES["default"]
    kept = [Path(settings.BASE_DIR) / ".env"]
    if database["ENGINE"].endswith("sqlite3"):
        kept.append(Path(database["NAME"]))
    open_to_all = [path for path in kept if path.is_file() and path.stat().st_mode & 0o007]
    return [
        Warning(f"Everybody on this machine can read {path}.", hint=f"chmod 600 {path}", id="diagnosis.W006")
        for path in open_to_all
    ]


@register("queue")
def time_limits_are_in_order(**_: Any) -> list[CheckMessage]:
    """E002: soft limit < hard limit < visibility timeout, else films are analysed twice or end silently."""
    soft, hard = settings.ANALYSIS_SOFT_SECONDS, settings.ANALYSIS_HARD_SECONDS
    visible = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    if 0 < soft < hard < visible:
        return []
    message = f"The analysis' time limits must rise: soft {soft} s, hard {hard} s, redelivery {visible} s."
    hint = "Set ANALYSIS_SOFT_SECONDS below ANALYSIS_HARD_SECONDS."
    return [Error(message, hint=hint, id="diagnosis.E002")]


@register(Tags.database)
def a_whole_network_is_active(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """W001, W002: without an active network whose files are intact, every film fails."""
    if not databases:
        return []
    try:
        with transaction.atomic():
            model_version = registry.active_model()
    except DatabaseError:  # before the first migration there is no table
        return []
    if model_version is None:
        hint = "Run: manage.py register_model --shipped --promote"
        return [Warning("No network is active: films cannot be analysed.", hint=hint, id="diagnosis.W001")]
    try:
        registry.load(model_version)
    except BundleError as error:
        message = f"The active network {model_version} cannot be used: {error}"
        hint = "Register the same bundle again (register_model) or promote another network."
        return [Warning(message, hint=hint, id="diagnosis.W002")]
    return []


@register(Tags.database)
def no_two_numbers_look_alike(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """W004: numbers that look alike and were on record before that was refused; a person has to say whose."""
    if not databases:
        return []
    try:
        with transaction.atomic():
            groups = patients.lookalikes()
    except DatabaseError:  # before the migration there is no such column
        return []
    if not groups:
        return []
    message = f"{len(groups)} patient numbers are on record in spellings that look alike."
    hint = "Run: manage.py lookalike_patients, and let each clinic correct the number or merge the two."
    return [Warning(message, hint=hint, id="diagnosis.W004")]
