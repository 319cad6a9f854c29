"""The chain's seals by row, in a temporary file: millions of them need no memory."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence

# By field: the seal, the number of the event that made it, and the name of the key.
Seals = dict[str, tuple[str, int, str]]

AT_ONCE = 500
BUFFER = 5000


class SealStore:
    """The latest seal of each field of each row; and which rows were found, and which do not fit."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)  # SQLite's own: memory first, then the disk
        self._file.execute("CREATE TABLE seal (row TEXT PRIMARY KEY, seals TEXT, seen INTEGER DEFAULT 0)")
        self._file.execute("CREATE TABLE suspect (row TEXT PRIMARY KEY)")
        self._file.execute("BEGIN")  # nobody else reads it, so nothing has ever to be committed
        self._new: dict[str, Seals] = {}

    def add(self, sequence: int, key: str, rows: Mapping[str, Mapping[str, str]]) -> None:
        """Keep what an event sealed; later events count more than earlier ones."""
        for row, seals in rows.items():
            kept = self._new.setdefault(row, {})
            kept.update({name: (str(seal), sequence, key) for name, seal in seals.items()})
        if len(self._new) >= BUFFER:
            self._flush()

    def of(self, rows: Sequence[str]) -> dict[str, Seals]:
        """The seals of these rows, by row; a row that no event sealed is left out."""
        self._flush()
        return self._stored(rows)

    def mark_seen(self, rows: Iterable[str]) -> None:
        self._file.executemany("UPDATE seal SET seen = 1 WHERE row = ?", [(row,) for row in rows])

    def suspect(self, rows: Iterable[str]) -> None:
        self._file.executemany("INSERT OR IGNORE INTO suspect VALUES (?)", [(row,) for row in rows])

    def suspect_unseen(self) -> None:
        """Suspect every row that an event sealed and that was not found."""
        self._flush()
        self._file.execute("INSERT OR IGNORE INTO suspect SELECT row FROM seal WHERE seen = 0")

    def suspects(self, at_once: int) -> Iterator[list[str]]:
        last = ""
        while page := self._page(last, at_once):
            yield page
            last = page[-1]

    def _page(self, after: str, count: int) -> list[str]:
        found = self._file.execute(
            "SELECT row FROM suspect WHERE row > ? ORDER BY row LIMIT ?", (after, count)
        )
        return [row for (row,) in found]

    def _flush(self) -> None:
        if not self._new:
            return
        new, self._new = self._new, {}
        merged = self._stored(list(new))
        for row, seals in new.items():
            merged.setdefault(row, {}).update(seals)
        self._file.executemany(
            "INSERT INTO seal (row, seals) VALUES (?, ?)"
            " ON CONFLICT (row) DO UPDATE SET seals = excluded.seals",
            [(row, json.dumps(seals)) for row, seals in merged.items()],
        )

    def _stored(self, rows: Sequence[str]) -> dict[str, Seals]:
        found: dict[str, Seals] = {}
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            marks = ",".join("?" * len(some))
            query = f"SELECT row, seals FROM seal WHERE row IN ({marks})"  # noqa: S608 - question marks alone
            for row, seals in self._file.execute(query, some):
                found[row] = {name: (seal[0], seal[1], seal[2]) for name, seal in json.loads(seals).items()}
        return found
