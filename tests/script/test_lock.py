"""Every package that is installed is locked: one version, and the checksums of its files."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.portal.test_image import packages

ROOT = Path(settings.BASE_DIR)
PINNED = {"requirements-serve.lock": ["requirements-serve.txt"]}
PINNED["requirements-dev.lock"] = ["requirements-dev.txt", "requirements-node.txt"]


def entries(lock: str) -> dict[str, str]:
    """The lines of a lock, by package."""
    lines = (ROOT / lock).read_text().replace("\\\n", "").splitlines()
    return {canonicalize_name(re.split("[=<> ;]", line)[0]): line for line in lines}


@pytest.mark.parametrize("lock", PINNED)
def test_every_pinned_package_is_locked_at_its_version(lock: str) -> None:
    locked = entries(lock)
    for source in PINNED[lock]:
        for line in packages(source):
            wanted = Requirement(line)
            assert f"=={next(iter(wanted.specifier)).version} " in locked[canonicalize_name(wanted.name)], (
                line
            )


@pytest.mark.parametrize("lock", PINNED)
def test_what_they_bring_along_has_the_version_of_the_constraints(lock: str) -> None:
    constraints = {}
    for line in packages("constraints.txt"):
        name, _, version = line.partition("==")
        constraints[canonicalize_name(name)] = version
    for name, line in entries(lock).items():
        if name in constraints:
            assert line.split()[0].endswith(f"=={constraints[name]}"), line.split()[0]


@pytest.mark.parametrize("lock", PINNED)
def test_each_has_its_checksums_and_nothing_says_where_to_fetch_it(lock: str) -> None:
    for line in entries(lock).values():
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line
        assert "://" not in line


def test_the_lock_of_what_serves_holds_the_driver_and_no_tensorflow() -> None:
    names = entries("requirements-serve.lock")
    assert "mysqlclient" in names
    assert not {"tensorflow", "tensorflow-cpu", "keras", "pytest"} & set(names)


def test_the_same_version_is_locked_for_all() -> None:
    serve, dev = entries("requirements-serve.lock"), entries("requirements-dev.lock")
    assert {name: line for name, line in dev.items() if name in serve} == serve


def test_pip_is_told_to_compare_them() -> None:
    for path in ("Dockerfile", "script/install.py"):
        installing = [line for line in (ROOT / path).read_text().splitlines() if "pip install" in line]
        assert "--require-hashes" in (ROOT / path).read_text(), path
        assert not any("-c constraints" in line for line in installing)
