"""Which tests run on this database, and how several processes share them out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler.loadscope import LoadScopeScheduling
    from xdist.workermanage import WorkerController

# What a test asks for that touches the database: pytest-django's fixtures, which those of the tests build on.
DATABASE = {"db", "transactional_db", "live_server", "django_db_setup", "_django_db_helper"}
TRANSACTIONAL = {"transactional_db", "live_server"}
LEFT_OUT = pytest.StashKey[int]()
BROWSER = "tests/e2e"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--only-database",
        action="store_true",
        help="leave out the tests that ask for no database: another run has them",
    )


def asks_for_database(item: pytest.Item) -> bool:
    """Whether a test says that it touches the database, by its mark or its fixtures."""
    fixtures = getattr(item, "fixturenames", ())
    return item.get_closest_marker("django_db") is not None or not DATABASE.isdisjoint(fixtures)


@pytest.hookimpl(trylast=True)  # after -m and -k, so that what is counted would have run
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only another database can show, or what any shows: that is no test skipped."""
    from django.db import connection  # not before the settings of tests/environment.py

    marks = {item: item.get_closest_marker("only_on") for item in items}
    elsewhere = {item for item, mark in marks.items() if mark and mark.args[0] != connection.vendor}
    if config.getoption("--only-database"):
        indifferent = {item for item in items if not marks[item] and not asks_for_database(item)}
        config.stash[LEFT_OUT] = len(indifferent)
        elsewhere |= indifferent
    if elsewhere:
        config.hook.pytest_deselected(items=list(elsewhere))
    items[:] = [item for item in items if item not in elsewhere]
    if hasattr(config, "workerinput"):
        items[:] = in_order(items)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if left_out := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(f"left out: {left_out} tests that ask for no database")
    for report in (one for reports in terminalreporter.stats.values() for one in reports):
        told = getattr(report, "user_properties", ()) if getattr(report, "when", "") == "call" else ()
        for name, value in told:
            if name == "summary":  # recorded with pytest's record_property, which comes from every process
                terminalreporter.write_line(str(value))


@pytest.fixture(autouse=True)
def database_is_asked_for_openly(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that comes by the database only while it runs would be left out where it belongs."""
    yield
    hidden = "_django_db_helper" in request.fixturenames and not asks_for_database(request.node)
    assert not hidden, "its arguments do not tell that this test needs a database: mark it with django_db"


# --------------------------------------------------------------------------------- several processes


class Kind(IntEnum):
    """In this order, pytest-django's: tests with transactions empty the tables, rows of migrations too, and
    once a browser was driven, its event loop keeps the process from the database."""

    DATABASE = 0
    TRANSACTIONS = 1
    NEITHER = 2


def kind(item: pytest.Item) -> Kind:
    marker = item.get_closest_marker("django_db")
    transactional = marker is not None and marker.kwargs.get("transaction", False)
    if transactional or not TRANSACTIONAL.isdisjoint(getattr(item, "fixturenames", ())):
        return Kind.TRANSACTIONS
    return Kind.DATABASE if asks_for_database(item) else Kind.NEITHER


def place(nodeid: str) -> str:
    """What stays together: a file, for its fixtures, and all tests in a browser, for the portal."""
    file = nodeid.split("::", 1)[0]
    return BROWSER if file.startswith(BROWSER) else file


def shares(nodeids: Sequence[str]) -> dict[str, str]:
    """What one process runs as a whole: neighbours of one place. A file with tests of two kinds makes two."""
    pieces = enumerate(groupby(nodeids, place))
    return {nodeid: f"{number} {name}" for number, (name, piece) in pieces for nodeid in piece}


def in_order(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """By kind; within a kind what takes minutes first, so that no process is alone with it at the end."""
    long = {place(item.nodeid) for item in items if any(map(item.get_closest_marker, ("slow", "e2e")))}
    return sorted(items, key=lambda item: (kind(item), place(item.nodeid) not in long))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    from xdist.scheduler.loadscope import LoadScopeScheduling

    class Sharing(LoadScopeScheduling):
        def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
            self.shares = shares(collection)
            super().add_node_collection(node, collection)

        def _split_scope(self, nodeid: str) -> str:
            return self.shares[nodeid]

    config.option.loadscopereorder = False  # the order is that of the processes, which all see the same
    return Sharing(config, log)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: WorkerController) -> None:
    """Each process has seen all tests and left out the same."""
    left_out = getattr(node, "workeroutput", {}).get("left_out", 0)  # none from one that was killed
    node.config.stash[LEFT_OUT] = max(left_out, node.config.stash.get(LEFT_OUT, 0))
