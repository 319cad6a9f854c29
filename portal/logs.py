"""How a line of the log is written: short, on one line, without secrets, and not to be forged."""

import logging
import re
from collections.abc import Iterator
from typing import Any, Final

LONGEST_MESSAGE: Final = 400
LONGEST_TRACEBACK: Final = 1100  # its end, where the error stands
HIDDEN: Final = "…"

# What follows these addresses is a key that opens an account, and behind a question mark stands what somebody
# searched for. Keys of these shapes are hidden wherever they stand, a misspelt address included.
_SECRETS: Final = (
    re.compile(r"(?i)(?<=/password/reset/key/)[^\s'\"]+"),
    re.compile(r"(?i)(?<=/confirm-email/)[^\s'\"/][^\s'\"]*"),
    # a reset key: in capitals it reads the same, and the person's number before it is soon guessed
    re.compile(r"(?i)(?<![0-9a-z])(?:[0-9a-z]+-)?[0-9a-z]{5,8}-[0-9a-f]{32}(?![0-9a-f])"),
    re.compile(r"(?<![\w-])[\w-]+:[\w-]{5,8}:[\w-]{27,}"),  # a confirmation key
    re.compile(r"carina_\w{8,}"),
    re.compile(r"(?<=[\w/%.~-]\?)[^\s'\"]+(?=['\"\s]|$)"),  # a query
)
_CONTROL: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


# An error's words may quote what somebody sent or what was to be stored: “Duplicate entry 'P-17' for key …”.
_QUOTED: Final = re.compile(r"['\"‘“`].*", re.DOTALL)
_ERROR: Final = re.compile(r"[A-Za-z_][\w.]*(: |$)")
_BETWEEN: Final = ("Traceback ", "During handling of ", "The above exception ")
_OF_A_GROUP: Final = ("|", "+")


def safe(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """The text on one line, without control characters and secrets, cut to a length."""
    text = text[: 4 * longest]  # no more than that is worth searching through
    for pattern in _SECRETS:
        text = pattern.sub(HIDDEN, text)
    text = _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)
    return text if len(text) <= longest else text[: longest - 1] + HIDDEN


class Line(logging.Formatter):
    """A record as one line; a traceback's lines follow it indented, so that none looks like a record."""

    def __init__(
        self, style: str = "%(asctime)s %(levelname)s %(name)s: %(message)s", dates: str | None = None
    ):
        super().__init__(style, dates)

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:  # Celery's lines repeat the error's words
            for words in (repr(record.exc_info[1]), str(record.exc_info[1])):
                message = message.replace(words, without_quotes(words)) if words else message
        record.message = safe(message)
        if self.usesTime():
            record.asctime = self.formatTime(record, self.datefmt)
        lines = [self.formatMessage(record)]
        # What a client did wrong has a status below 500; the code is not to be searched for it.
        if record.exc_info and getattr(record, "status_code", 500) >= 500:
            lines += _bounded(self.formatException(record.exc_info))
        return "\n".join(lines)


class QuotesNoHeader(logging.Filter):
    """Leaves out what the readers of DICOM say: they quote the header that they stumble over."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.name.split(".")[0] not in ("pydicom", "pynetdicom")


def _bounded(traceback: str) -> Iterator[str]:
    room = LONGEST_TRACEBACK
    kept: list[str] = []
    for line in reversed(list(_without_values(traceback))):
        text = "    " + safe(line, 300)
        room -= len(text.encode(errors="replace")) + 1
        if room < 0:
            kept.append("    …")
            break
        kept.append(text)
    return reversed(kept)


def without_quotes(words: str) -> str:
    """An error's words up to the first thing that they quote."""
    return _QUOTED.sub(HIDDEN, words)


def _without_values(traceback: str) -> Iterator[str]:
    """A traceback's lines without what its errors quote, and without the further lines of their words."""
    in_words = False
    for line in traceback.splitlines():
        if line.startswith(_BETWEEN):
            in_words = False
        if in_words:
            continue
        in_words = bool(_ERROR.match(line)) and not line.startswith(_BETWEEN)
        yield without_quotes(line) if in_words or line.lstrip().startswith(_OF_A_GROUP) else line


def note_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any, **__: Any
) -> None:
    """Log a warning by its kind and place: its words may quote a film's header."""
    logging.getLogger("py.warnings").warning("%s at %s:%s", category.__name__, filename, lineno)


def access(atoms: dict[str, Any]) -> dict[str, Any]:
    """The parts of an access log's line that a client chose, fit to be written."""
    return atoms | {"U": safe(str(atoms["U"]), 200), "m": safe(str(atoms["m"]), 20)}
