"""Unique identifiers of DICOM objects, for what was made here and never had one."""

import uuid
from typing import Final

UID_LENGTH: Final = 64


def new_uid() -> str:
    """A fresh identifier below 2.25, made of a random UUID (PS3.5, annex B.2)."""
    return f"2.25.{uuid.uuid4().int}"
