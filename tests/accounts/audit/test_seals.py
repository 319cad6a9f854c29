"""A seal fits one value of one field of one row, made by one event."""

import pytest

from accounts.audit import seals

GIVEN = {"row": "study:1", "name": "patient", "text": "12", "sequence": 7}


@pytest.mark.parametrize(
    "other", [{"row": "study:2"}, {"name": "clinic"}, {"text": "13"}, {"sequence": 8}, {"seal": "0" * 16}]
)
def test_a_seal_fits_nothing_else(other: dict[str, object]) -> None:
    made = seals.sealed({"study:1": {"patient": "12"}}, 7)
    assert made is not None
    given = {**GIVEN, "seal": made["rows"]["study:1"]["patient"]}
    assert seals.fits(**given)
    assert not seals.fits(**{**given, **other})


def test_nothing_stored_is_nothing_sealed() -> None:
    assert seals.sealed({}, 7) is None
