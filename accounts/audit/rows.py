"""Compares rows with what the chain vouches for: changed, deleted, moved and added ones are named.

`verify` hands over every event of the chain, then every row of every audited model is compared. The portal
keeps writing meanwhile: what does not fit is looked at once more with the chain's head locked, when every
change that is visible has its event.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, cast
from uuid import UUID

from django.apps import apps
from django.db import models, transaction
from django.db.models import QuerySet

from accounts.audit import keys
from accounts.audit.seal_store import Seals, SealStore
from accounts.audit.seals import audited, columns, fits, named
from accounts.audit.verification import PAGE, Fault, events_after
from accounts.models import Audited, AuditEvent, AuditHead

BEGINNING = "record.seals_begin"
AT_ONCE = 200
SMALLEST = -(2**63)


class RowComparison:
    """One comparison of rows and chain; `rows` and `older` count what it covered and what it could not."""

    def __init__(self) -> None:
        self.rows = 0
        self.since = ""
        self._last: dict[str, int] = {}  # by kind: the last row that is older than seals, …
        self._count: dict[str, int] = {}  # … how many there were, …
        self._older: Counter[str] = Counter()  # … and how many there are
        self._reached = 0
        self._sealed = False
        self._store = SealStore()
        self._models = {facts.kind: model for model in apps.get_models() if (facts := audited(model))}

    @property
    def older(self) -> int:
        return self._older.total()

    def take(self, event: AuditEvent) -> None:
        """Take up the next event of the chain."""
        self._reached = event.sequence
        try:
            if event.seals is not None:
                self._store.add(event.sequence, str(event.seals["key"]), event.seals["rows"])
                self._sealed = True
            elif event.action == BEGINNING and not self._sealed:  # one that comes later was made up
                self._last = {kind: int(last) for kind, last in event.facts["last"].items()}
                self._count = {kind: int(count) for kind, count in event.facts["rows"].items()}
                self.since = f"{event.at:%Y-%m-%d}"
                self._sealed = True
        except (AttributeError, KeyError, TypeError, ValueError):
            return  # not as it was written: `verify` names the event

    def faults(self) -> Iterator[Fault]:
        """Compare every row and yield what differs; call it when every event was taken up."""
        for kind, model in self._models.items():
            yield from self._compare(kind, model)
            yield from self._count_older(kind)
        self._store.suspect_unseen()
        for rows in self._store.suspects(AT_ONCE):
            yield from self._look_again(rows)

    def _compare(self, kind: str, model: type[models.Model]) -> Iterator[Fault]:
        """Sort out the rows that do not fit, to be looked at again; yield those that cannot even be read."""
        for page in _pages(model):
            readable = {}
            for number, found in page:
                if found is None:
                    yield Fault(0, f"{kind} number {number}: a value in it was changed and cannot be read")
                else:
                    readable[found[0]] = found[1]
            seals = self._store.of(list(readable))
            self._store.mark_seen(seals)
            self.rows += len(page)
            for row, texts in readable.items():
                if self._is_older(kind, texts, seals.get(row, {})):
                    self._older[kind] += 1
                if any(True for _ in self._judge(row, texts, seals.get(row, {}))):
                    self._store.suspect([row])

    def _count_older(self, kind: str) -> Iterator[Fault]:
        were, are = self._count.get(kind, 0), self._older[kind]
        if were != are:
            message = f"{kind}: {were} rows were there before rows were covered, and {are} of that time now"
            yield Fault(0, f"{message}: some were {'removed' if are < were else 'added'} past the portal")

    def _is_older(self, kind: str, texts: dict[str, str], seals: Seals) -> bool:
        return "id" not in seals and int(texts["id"]) <= self._last.get(kind, 0)

    def _look_again(self, rows: Sequence[str]) -> list[Fault]:
        with transaction.atomic():
            AuditHead.objects.select_for_update().filter(pk=1).first()
            for _, event in events_after(self._reached):
                if event is not None:
                    self.take(event)
            seals = self._store.of(rows)
            return [fault for row in rows for fault in self._judged_now(row, seals.get(row, {}))]

    def _judged_now(self, row: str, seals: Seals) -> Iterator[Fault]:
        try:
            texts = self._texts(row)
        except Exception:  # it cannot be read, and was named for that already
            return
        yield from self._judge(row, texts, seals)

    def _texts(self, row: str) -> dict[str, str] | None:
        """The row's values now, None if there is no such row."""
        kind, _, public_id = row.partition(":")
        try:
            model, identity = self._models[kind], UUID(public_id)
        except (KeyError, ValueError):
            return None
        facts = cast(Audited, audited(model))
        values = model._base_manager.filter(public_id=identity).values("public_id", *columns(facts)).first()
        return named(facts, values)[1] if values else None

    def _judge(self, row: str, texts: dict[str, str] | None, seals: Seals) -> Iterator[Fault]:
        name = row.replace(":", " ", 1)
        if texts is None:
            if seals:
                last = max(sequence for _, sequence, _ in seals.values())
                yield Fault(last, f"{name} is gone; {_event(last)} stored it")
            return
        if "id" not in seals and not self._is_older(row.partition(":")[0], texts, seals):
            yield Fault(0, f"{name}: no event tells of it; it was added past the portal")
        known = keys.key_names()
        for field, (seal, sequence, key) in seals.items():
            if field not in texts or fits(row, field, texts[field], sequence, seal):
                continue
            words = "its number" if field == "id" else f"its {field.replace('_', ' ')}"
            if key in known:
                yield Fault(sequence, f"{name}: {words} is not what {_event(sequence)} stored")
            else:
                message = f"{words} was sealed with the audit key {key}, which is missing"
                yield Fault(sequence, f"{name}: {message}: it cannot be checked")


def _event(sequence: int) -> str:
    found = AuditEvent.objects.filter(sequence=sequence).values_list("action", "at").first()
    return f"event {sequence} ({found[0]}, {found[1]:%Y-%m-%d %H:%M} UTC)" if found else f"event {sequence}"


Found = tuple[str, dict[str, str]]


def _pages(model: type[models.Model]) -> Iterator[list[tuple[int, Found | None]]]:
    """The rows in pages, each by number, name and values; None for one that cannot be read."""
    facts, last = cast(Audited, audited(model)), SMALLEST
    while True:
        rows = model._base_manager.filter(pk__gt=last).order_by("pk")[:PAGE]
        numbers = list(rows.values_list("pk", flat=True))
        if not numbers:
            return
        try:
            page: dict[int, Found | None] = dict(_read(facts, rows))
        except Exception:  # one bad value spoils the page: read row by row to find it
            page = {number: _alone(facts, model._base_manager.filter(pk=number)) for number in numbers}
        yield list(page.items())
        last = numbers[-1]


def _read(facts: Audited, rows: QuerySet[Any]) -> Iterator[tuple[int, Found]]:
    for values in rows.values("public_id", *columns(facts)):
        yield values["id"], named(facts, values)


def _alone(facts: Audited, row: QuerySet[Any]) -> Found | None:
    try:
        return next((found for _, found in _read(facts, row)), None)
    except Exception:  # a tampered value can make the database driver raise anything
        return None
