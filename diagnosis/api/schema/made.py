"""Examples as the API answered in a test (tests/diagnosis/api/test_examples.py writes and compares them)."""

import json
from pathlib import Path
from typing import Any, Final

from drf_spectacular.utils import OpenApiExample

FOLDER: Final = Path(__file__).parent / "examples"


def body(name: str) -> Any:
    """The answer that the test kept under this name."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def made(name: str, title: str, status: int) -> OpenApiExample:
    """The same, for the schema."""
    return OpenApiExample(title, value=body(name), response_only=True, status_codes=[str(status)])
