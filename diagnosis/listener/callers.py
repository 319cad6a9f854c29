"""Puts on record that a machine called which no clinic has registered."""

from accounts import denials

UNKNOWN = "dicom.unknown_caller"


def note_unknown(ae_title: str, address: str) -> None:
    """Record it; repetitions of an hour are counted."""
    name = "".join(letter for letter in ae_title if letter.isprintable())[:16]
    denials.note(
        action=UNKNOWN, who=None, subject=f"network:{address}", facts={"ae_title": name, "from": address}
    )
