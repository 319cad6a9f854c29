"""The audit key is made once, for the portal's own user alone, and signs what only it can have signed."""

import threading
from pathlib import Path

import pytest
from django.conf import LazySettings

from accounts.audit import keys


@pytest.fixture(autouse=True)
def no_key_given(settings: LazySettings) -> None:
    settings.AUDIT_KEY = ""


def key_file(settings: LazySettings) -> Path:
    return Path(settings.DATA_DIR, "audit", "key")


def test_a_key_is_made_once_and_only_its_owner_can_read_it(settings: LazySettings) -> None:
    signature = keys.sign("carina test", "text")
    made = key_file(settings).read_text()
    assert len(made.strip()) >= 64
    assert key_file(settings).stat().st_mode & 0o777 == 0o600
    keys._from_file.cache_clear()  # another process
    assert keys.sign("carina test", "text") == signature
    assert key_file(settings).read_text() == made
    assert [path.name for path in key_file(settings).parent.iterdir()] == ["key"]


def test_processes_that_start_at_once_agree_on_one_key(settings: LazySettings) -> None:
    start, found = threading.Barrier(8), []

    def make() -> None:
        start.wait()
        found.append(keys._made(key_file(settings)))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [key_file(settings).read_text()] * 8


def test_a_signature_fits_one_text_of_one_purpose_and_one_key(settings: LazySettings) -> None:
    signature = keys.sign("carina test", "text")
    assert keys.fits("carina test", "text", signature)
    assert not keys.fits("carina test", "texts", signature)
    assert not keys.fits("carina row", "text", signature)
    assert not keys.fits("carina test", "text", signature[:-1] + "x")
    for odd in ("", "ü" * 64, signature[:14], signature[:32]):
        assert not keys.fits("carina test", "text", odd)
    settings.AUDIT_KEY = "another-key-of-thirty-two-characters-or-more"
    assert not keys.fits("carina test", "text", signature)


def test_the_newest_key_signs_and_earlier_ones_are_believed(settings: LazySettings) -> None:
    settings.AUDIT_KEY = old = "a" * 40
    signature, name = keys.sign("carina test", "text"), keys.key_names()
    settings.AUDIT_KEY = f"{'b' * 40} {old}"
    assert keys.fits("carina test", "text", signature)
    assert keys.sign("carina test", "text") != signature
    assert keys.key_names()[1:] == name


@pytest.mark.parametrize("given", ["short", " ", f"{'a' * 40} short"])
def test_a_key_that_can_be_guessed_is_refused_in_words(settings: LazySettings, given: str) -> None:
    settings.AUDIT_KEY = given
    with pytest.raises(keys.KeyUnusable, match="at least 32 characters"):
        keys.sign("carina test", "text")
