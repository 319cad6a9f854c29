"""Reads the lock files, which script/lock.py writes."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {"requirements-serve.txt": "requirements-serve.lock", "requirements-dev.txt": "requirements-dev.lock"}


def locked(name: str, only: str = "") -> list[str]:
    """What is locked for a requirements file, each with the checksums that its files may have."""
    lines = (ROOT / LOCKS[name]).read_text().replace("\\\n", "").splitlines()
    return [line for line in lines if line.startswith(only)]
