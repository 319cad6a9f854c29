"""What the audit chain vouches for in the rows of a table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Audited:
    """A model's `AUDITED`: every event that writes such a row seals the fields that it wrote.

    `kind` and the row's public id name it in the record. `fields` are sealed, the row's number with them;
    `left_out` change without an event, or follow from other rows. Each field stands in one of the two.
    """

    kind: str
    fields: tuple[str, ...]
    left_out: tuple[str, ...] = ()
