"""Looks at patient data: on record before the page is answered, in the chain a few seconds later.

A page must not wait until everybody who changes something has left the chain's head. So a look is one signed
line in a file below DATA_DIR, flushed to disk, and `chain_looks` (beat calls it every few seconds) moves the
lines into the chain in the order in which they were written. A process that is killed at any moment loses
none: the line is complete before the page is answered, the file outlives the process, and a file that was
chained but not yet deleted is recognised.

Each line's signature covers its place in the file, so that a changed, moved or removed line shows: what
follows no longer fits. Such a line becomes an event of its own, `look.unproven`, with what stands in it.
"""

import errno
import fcntl
import json
import logging
import os
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from accounts.audit import keys
from accounts.audit.chain import SYSTEM, Draft, Reader, actor_name, append, draft
from accounts.models import AuditEvent, Clinic

logger = logging.getLogger(__name__)

PURPOSE = "carina look"
OPEN = "open"
TAKEN = ".taken"
BATCH = 500
SUBJECT = "record:looks"  # of what is no look at a record
LONGEST = 2000


def look(
    *,
    reader: Reader,
    action: str,
    subject: str,
    clinic: Clinic | int | None = None,
    study_id: Any = "",
    facts: dict[str, Any] | None = None,
    sitting: str = "",
) -> None:
    """Put a look on record; when this returns it is on disk and survives a kill.

    `sitting`: whatever names the reader's sitting, such as the session's key. Then the same action on the
    same subject by the same reader leaves one event a sitting; without the cache it may leave more, never
    none.
    """
    seen = _seen_key(sitting, actor_name(reader), action, subject) if sitting else ""
    if seen and cache.get(seen):
        return
    entry = draft(actor=reader, action=action, subject=subject, clinic=clinic, study_id=study_id, facts=facts)
    _keep(entry)
    if seen:
        cache.set(seen, 1, timeout=settings.SESSION_COOKIE_AGE)


def _seen_key(*words: str) -> str:
    # hashed: the session's key opens the session, and the cache is less well guarded than the database
    return f"carina:look:{sha256(json.dumps(words).encode()).hexdigest()}"


def _keep(entry: Draft) -> None:
    if settings.AUDIT_DEFER_LOOKS:
        try:
            values = {**vars(entry), "at": entry.at.isoformat()}
            del values["stored"]  # a look stores nothing
            _write(json.dumps(values, separators=(",", ":")))
        except OSError as error:  # a full disk: the database may lie on another one
            logger.error("a look goes to the chain at once, its file cannot be written: %s", error.strerror)
        else:
            return
    append([entry])


# ---------------------------------------------------------------------- the file of waiting looks


def _folder() -> Path:
    folder = keys.audit_folder() / "looks"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _write(text: str) -> None:
    """Append one line, whole or not at all, and wait until the disk has it."""
    with _open_file() as file:
        place = os.fstat(file).st_size
        line = f"{keys.sign(PURPOSE, f'{place} {text}')} {text}\n".encode()
        try:
            if os.write(file, line) != len(line):
                raise OSError(errno.ENOSPC, "the disk took only a part of the line")
        except OSError:
            os.ftruncate(file, place)
            raise
        fcntl.flock(file, fcntl.LOCK_UN)  # others write while the disk works for this one
        os.fdatasync(file)
    if place == 0:
        _flush_folder()


@contextmanager
def _open_file() -> Iterator[int]:
    """The file that looks are written to, locked: nobody else writes to it or takes it away meanwhile."""
    path = _folder() / OPEN
    while True:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_still(path, file):
                yield file
                return
        finally:
            os.close(file)  # lets go of the lock, too


def _is_still(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False


def _flush_folder() -> None:
    handle = os.open(_folder(), os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# ---------------------------------------------------------------------- from the file to the chain


def chain_looks() -> int:
    """Move the waiting looks into the chain and return their number; 0 if another process is at it."""
    lock = os.open(_folder() / "lock", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _take()
        return sum(_chain_file(path) for path in sorted(_folder().glob(f"*{TAKEN}")))
    except BlockingIOError:
        return 0
    finally:
        os.close(lock)


def waiting_looks() -> int:
    """How many looks are on disk and not yet in the chain."""
    files = [*_folder().glob(f"*{TAKEN}"), _folder() / OPEN]
    return sum(path.read_bytes().count(b"\n") for path in files if path.exists())


def waiting_studies(*, reader: Reader, actions: Collection[str]) -> set[str]:
    """The studies that a reader looked at by these actions, of the looks that wait for the chain.

    Whoever asks the chain too asks it afterwards: a look that is not here any more is there by then.
    """
    lines = _lines(_folder() / OPEN)  # first: whatever is taken meanwhile is among those that follow
    for path in _folder().glob(f"*{TAKEN}"):
        lines += _lines(path)
    found: set[str] = set()
    for line in lines:
        with suppress(ValueError):  # not as it was written: `chain_looks` says so
            entry = json.loads(line.partition(b" ")[2])
            if entry["actor"] == actor_name(reader) and entry["action"] in actions:
                found.add(entry["study_id"])
    return found


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().splitlines()
    except FileNotFoundError:  # none waits, or they are in the chain by now
        return []


def _take() -> None:
    """Give the open file a name under which nobody writes to it any more."""
    if (_folder() / OPEN).exists():
        with _open_file() as file:
            if os.fstat(file).st_size:
                (_folder() / OPEN).rename(_folder() / f"{time.time_ns():020}{TAKEN}")


def _chain_file(path: Path) -> int:
    """Chain a file's looks and delete it; what an earlier attempt chained before it died is left out."""
    chained = 0
    with path.open("rb") as lines:
        place, batch = 0, []
        for line in lines:
            batch.append(_parsed(line, place, path))
            place += len(line)
            if len(batch) == BATCH:
                chained += _chain(batch)
                batch = []
        chained += _chain(batch)
    path.unlink()
    return chained


def _chain(entries: list[Draft]) -> int:
    if not entries:
        return 0
    with transaction.atomic():
        known = _chained_already(entries)
        new = [entry for entry in entries if _identity(entry) not in known]
        append(new)
    return len(new)


def _chained_already(entries: list[Draft]) -> set[tuple[Any, ...]]:
    found = AuditEvent.objects.filter(
        subject__in={entry.subject for entry in entries}, at__in={entry.at for entry in entries}
    )
    return {_identity(event) for event in found}


def _identity(entry: Draft | AuditEvent) -> tuple[Any, ...]:
    return entry.at, entry.actor, entry.action, entry.subject


def _parsed(line: bytes, place: int, path: Path) -> Draft:
    signature, _, text = line.decode("utf-8", "replace").rstrip("\n").partition(" ")
    if keys.fits(PURPOSE, f"{place} {text}", signature):
        values = json.loads(text)
        return Draft(**{**values, "at": datetime.fromisoformat(values["at"])})
    logger.error("a line of looks in %s is not as it was written", path.name)
    written = path.name.removesuffix(TAKEN)
    at = datetime.fromtimestamp(int(written) // 10**9 if written.isdecimal() else 0, UTC)
    facts = {"file": path.name, "place": place, "line": text[:LONGEST]}
    # the place as microseconds: two such lines of one file are two events
    found = draft(actor=SYSTEM, action="look.unproven", subject=SUBJECT, facts=facts)
    return replace(found, at=at + timedelta(microseconds=place))
