"""Hands out a study's films as files: byte for byte as they came, or cleaned of who they are of.

`films`: what leaves, film by film; `asking`: who asked for a study without names, and fetches it;
`preparing`: cleans the films in the background, for that takes seconds each. The row is the truth: an export
whose worker was killed is put back and begun anew, with other identifiers.
"""

from diagnosis.services.export.asking import Gone, ask, fetched
from diagnosis.services.export.films import (
    AS_IT_CAME,
    CHUNK,
    KINDS,
    WITHOUT_NAMES,
    as_came,
    cleaned,
    counted,
    new_key,
)
from diagnosis.services.export.preparing import prepare_due, put_back_stopped, tidy

__all__ = [
    "AS_IT_CAME",
    "CHUNK",
    "KINDS",
    "WITHOUT_NAMES",
    "Gone",
    "as_came",
    "ask",
    "cleaned",
    "counted",
    "fetched",
    "new_key",
    "prepare_due",
    "put_back_stopped",
    "tidy",
]
