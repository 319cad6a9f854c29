"""Decodes films in a child process with limits, so that a hostile film ends its child and never the worker.

A time limit's signal is not heard inside a decoder's C code, and what memory was taken there is not given
back: only a kill ends the one, only an exit the other. The child is a fork of its caller, so nothing has to
be loaded; levels come back through shared memory. It writes no file and dies with its caller. It serves until
a film is refused, stopped or large; the next film gets a new one.
"""

from diagnosis.imaging.sandbox.decoder import (
    ConfinedDecoder,
    frame_confined,
    read_confined,
    rendered_confined,
    values_confined,
)
from diagnosis.imaging.sandbox.limits import Limits

__all__ = [
    "ConfinedDecoder",
    "Limits",
    "frame_confined",
    "read_confined",
    "rendered_confined",
    "values_confined",
]
