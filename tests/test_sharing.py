"""On the second database only tests that ask for one run; the others are counted, and none slips through."""

import pytest

from tests.sharing import in_order, shares

pytest_plugins = ["pytester"]

# pytest-django's fixtures in name only: what is asked here is who runs, not what they find.
FIXTURES = """
import pytest

@pytest.fixture
def _django_db_helper(): pass

@pytest.fixture
def db(_django_db_helper): pass

@pytest.fixture
def cast(db): pass
"""
TESTS = """
import pytest

def test_without(): pass

@pytest.mark.parametrize("number", [1, 2])
def test_without_either(number): pass

@pytest.mark.slow
def test_that_would_not_run_at_all(): pass

def test_by_a_fixture(cast): pass

@pytest.mark.django_db
def test_by_a_mark(): pass

@pytest.mark.only_on("no such database")
def test_of_another_database(cast): pass
"""
HIDDEN = """
def test_hidden(request): request.getfixturevalue("cast")
"""


def ran(pytester: pytest.Pytester, tests: str, *options: str) -> pytest.RunResult:
    pytester.makeconftest(FIXTURES)
    pytester.makepyfile(tests)
    return pytester.runpytest_inprocess("-p", "no:django", "-p", "tests.sharing", "-q", *options)


def test_tests_that_ask_for_no_database_are_left_out_and_counted(pytester: pytest.Pytester) -> None:
    found = ran(pytester, TESTS, "--only-database", "-m", "not slow")
    found.assert_outcomes(passed=2, deselected=5)
    found.stdout.fnmatch_lines(["left out: 3 tests that ask for no database"])


def test_all_but_those_of_another_database_run_elsewhere(pytester: pytest.Pytester) -> None:
    found = ran(pytester, TESTS)
    found.assert_outcomes(passed=6, deselected=1)
    found.stdout.no_fnmatch_line("left out:*")


def test_a_test_that_hides_its_need_of_a_database_fails(pytester: pytest.Pytester) -> None:
    found = ran(pytester, HIDDEN)
    found.assert_outcomes(passed=1, errors=1)
    found.stdout.fnmatch_lines(["*mark it with django_db*"])


MIXED = """
import pytest

def test_neither(): pass

@pytest.mark.django_db(transaction=True)
def test_by_a_mark(): pass

def test_by_a_fixture(transactional_db): pass

def test_rolled_back(db): pass
"""
LONG = """
import pytest

@pytest.mark.slow
def test_takes_minutes(): pass

def test_rolled_back(db): pass
"""


def test_no_process_meets_tables_that_were_emptied_and_each_begins_with_the_longest(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeconftest(FIXTURES + "\n@pytest.fixture\ndef transactional_db(_django_db_helper): pass\n")
    paths = pytester.makepyfile(test_a=MIXED, test_b=LONG).parent
    items, _ = pytester.inline_genitems("-p", "no:django", "-p", "tests.sharing", paths)
    names = [item.nodeid for item in in_order(items)]
    assert names == [
        "test_b.py::test_rolled_back",
        "test_a.py::test_rolled_back",
        "test_a.py::test_by_a_mark",
        "test_a.py::test_by_a_fixture",
        "test_b.py::test_takes_minutes",
        "test_a.py::test_neither",
    ]
    shared = shares(names)
    assert len(set(shared.values())) == 4, "neighbours of one file stay together"
    assert shared["test_a.py::test_by_a_mark"] == shared["test_a.py::test_by_a_fixture"]


def test_all_tests_in_a_browser_stay_together() -> None:
    found = shares(
        ["tests/e2e/test_a.py::test_one", "tests/e2e/test_b.py::test_two", "tests/test_c.py::test"]
    )
    assert [*found.values()] == ["0 tests/e2e", "0 tests/e2e", "1 tests/test_c.py"]
