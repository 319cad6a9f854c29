"""Two connections at once: one holds a row changed and uncommitted, the other meets it."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction

DEADLINE = 20  # seconds
LOOKS_ALIKE = 6

needs_row_locks = pytest.mark.only_on("mysql")  # SQLite lets one connection write at a time: no row to lock


def meets(change: Callable[[], Any], then: Callable[[], Any]) -> list[Any]:
    """What `then` returns or raises on a connection of its own, begun before `change` is committed."""
    found: list[Any] = []

    def second() -> None:
        try:
            found.append(then())
        except Exception as error:
            found.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        change()
        thread.start()
        _wait_until_somebody_waits(thread, found)
    thread.join(DEADLINE)
    assert not thread.is_alive()
    return found


def _wait_until_somebody_waits(thread: threading.Thread, found: list[Any]) -> None:
    """Return once another connection stays at one statement, which the lock holds up."""
    running = (
        "SELECT id, info FROM information_schema.processlist"
        " WHERE db = DATABASE() AND command = 'Query' AND id <> CONNECTION_ID()"
    )
    pause, last, seen = threading.Event(), (), 0
    for _ in range(DEADLINE * 20):
        with connection.cursor() as cursor:
            cursor.execute(running)
            now = cursor.fetchall()
        seen = seen + 1 if now and now == last else 0
        if seen == LOOKS_ALIKE:
            return
        assert thread.is_alive(), f"the second connection waited for nobody: {found}"
        last = now
        pause.wait(0.05)
    pytest.fail("the second connection never came to a row that the first one holds")
