"""Setting up installs what is needed, once, or says in one sentence why not; testing tells what it skips."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.script.commands import PYTHON, ROOT, one_sentence, run

pytestmark = pytest.mark.slow  # processes of their own: once is enough, on whichever database


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A fresh clone: what setup reads, nothing installed."""
    clone = tmp_path / "clone"
    shutil.copytree(ROOT / "script", clone / "script")
    for name in ("*.txt", "*.lock", "package*.json"):
        for path in ROOT.glob(name):
            shutil.copy(path, clone)
    shutil.copytree(ROOT / "portal/bundle", clone / "portal/bundle")
    return clone


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder for PATH with nothing in it but what the shell itself needs."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "dirname"):
        (tools / name).symlink_to(str(shutil.which(name)))
    return tools


@pytest.mark.parametrize("command", ["setup", "demo", "test"])
def test_without_python_each_command_says_which_one_it_needs(bare: Path, tools: Path, command: str) -> None:
    done = run(bare / "script" / command, cwd=bare, PATH=str(tools))
    one_sentence(done, "Python 3.11")


def test_without_a_network_setup_says_so(bare: Path) -> None:
    done = run(
        bare / "script" / "setup",
        cwd=bare,
        PYTHON=PYTHON,
        PIP_CONFIG_FILE=os.devnull,
        PIP_INDEX_URL="http://127.0.0.1:1/",
        PIP_RETRIES="1",
    )
    one_sentence(done, "no connection", "network")


def installing(bare: Path, statements: str, **more: str) -> subprocess.CompletedProcess[str]:
    (bare / ".venv").mkdir(exist_ok=True)
    (bare / "build").mkdir(exist_ok=True)
    program = f"import install, sys\ndef main():\n    {statements}\n    return 0\n"
    program += "sys.exit(install.ends_with_a_sentence(main))"
    return run(PYTHON, "-c", program, cwd=bare / "script", **more)


def test_without_room_on_the_disk_setup_says_how_much_it_needs(bare: Path) -> None:
    for name in ("requirements-serve.txt", "requirements-dev.txt"):
        done = installing(
            bare, f"install.ROOM_NEEDED[{name!r}] = 1 << 60; install._install_packages({name!r})"
        )
        one_sentence(done, "free", "GB")


def test_a_full_disk_while_installing_is_a_sentence(bare: Path) -> None:
    failing = "['sh', '-c', 'echo OSError: [Errno 28] No space left on device; exit 1']"
    one_sentence(installing(bare, f"install.run({failing}, doing='install')"), "disk is full")


def test_everything_but_the_mysql_driver_is_installed_in_one_go_and_then_the_demo_needs_nothing_more(
    bare: Path,
) -> None:
    statements = "; ".join(
        [
            "install._pip_install = lambda *packages, doing: print(*packages)",
            "install._install_packages('requirements-dev.txt')",
            "install._install_packages('requirements-serve.txt')",
        ]
    )
    done = installing(bare, statements)
    assert done.returncode == 0, done.stderr
    (packages,) = (line for line in done.stdout.splitlines() if "==" in line)
    for name in ("django", "tensorflow", "scikit-learn", "pytest"):
        assert f"{name}==" in packages
    assert "mysqlclient" not in packages, "what cannot be built here would keep everything else away"


def test_without_the_headers_of_mysql_setup_names_them_and_goes_on(bare: Path, tools: Path) -> None:
    done = installing(bare, "print(install._install_mysql_driver())", PATH=str(tools))
    assert done.returncode == 0, done.stderr
    assert "apt install pkg-config default-libmysqlclient-dev gcc" in done.stdout
    assert "SQLite" in done.stdout


def test_without_the_headers_of_mysql_a_portal_that_needs_them_does_not_start(
    bare: Path, tools: Path
) -> None:
    url = "mysql://carina@db/carina"
    done = installing(bare, "print(install._install_mysql_driver())", PATH=str(tools), DATABASE_URL=url)
    one_sentence(done, "apt install pkg-config default-libmysqlclient-dev gcc")


def test_what_only_checks_need_is_fetched_for_them_alone(bare: Path) -> None:
    npm = bare / "npm"
    npm.write_text(
        "#!/bin/sh\n"
        'echo "$@" >> asked\n'
        "mkdir -p node_modules/bootstrap node_modules/htmx.org node_modules/esbuild\n"
        "mkdir -p node_modules/tus-js-client\n"
        "mkdir -p node_modules/@cornerstonejs/core node_modules/@cornerstonejs/tools\n"
        "mkdir -p node_modules/@esbuild/here/bin\n"
        "bundler=node_modules/@esbuild/here/bin/esbuild\n"
        "echo '#!/bin/sh' > $bundler\n"
        "echo 'mkdir -p build/front-end; cd build/front-end; touch cornerstone.js tus.js' >> $bundler\n"
        "chmod +x $bundler\n"
        '[ "$2" ] || mkdir -p node_modules/@biomejs/biome node_modules/axe-core\n'
    )
    npm.chmod(0o755)
    demo_then_checks_then_demo = "(False, False, True, True, False)"
    done = installing(
        bare,
        f"install._npm = lambda: [{str(npm)!r}]; "
        f"[install._install_front_end(dev=dev) for dev in {demo_then_checks_then_demo}]",
    )
    assert done.returncode == 0, done.stderr
    assert (bare / "asked").read_text().splitlines() == ["ci --omit=dev", "ci"]


def test_a_second_setup_installs_nothing() -> None:
    done = run("script/setup", "--dev")
    assert done.returncode == 0, done.stderr
    assert "Installing" not in done.stdout
    assert "Bundling" not in done.stdout


@pytest.mark.parametrize(("forbidden", "status"), [("", 0), ("1", 1)])
def test_what_is_skipped_is_told_and_in_ci_it_is_a_failure(
    tmp_path: Path, forbidden: str, status: int
) -> None:
    test = tmp_path / "test_some.py"
    test.write_text("import pytest\ndef test_one():\n    pytest.skip('no moon')\ndef test_two():\n    pass\n")
    done = run("script/test", test, CARINA_FORBID_SKIPS=forbidden, REDIS_URL="redis://127.0.0.1:1/0")
    assert done.returncode == status, done.stdout
    assert re.search(r"^skipped: .*test_one: no moon \(on SQLite\)$", done.stdout, re.MULTILINE)
    assert done.stdout.strip().splitlines()[-1].startswith("SQLite: 1 passed, 1 skipped")
