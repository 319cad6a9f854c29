"""A refusal that says what is wrong and what to do."""

import pytest

from diagnosis.imaging.refusal import FilmRefused


def refused(read, content: bytes, code: str, name: str = "chest film.png") -> FilmRefused:
    with pytest.raises(FilmRefused) as caught:
        read(content, name)
    refusal = caught.value
    assert refusal.code == code
    assert str(refusal).startswith(f"{name}: ")
    assert refusal.message, "a refusal says what is wrong"
    assert refusal.advice, "a refusal says what to do"
    return refusal
