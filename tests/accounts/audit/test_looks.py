"""A look is on disk before the page is answered, and comes into the chain once, as it was."""

import fcntl
import os
import resource
import threading
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connections

from accounts import audit
from accounts.audit import keys, looks
from accounts.models import AuditEvent
from tests.accounts.audit.chain import faults
from tests.conftest import Cast


@pytest.fixture(autouse=True)
def deferred(settings: LazySettings) -> None:
    settings.AUDIT_DEFER_LOOKS = True


def folder() -> Path:
    return keys.audit_folder() / "looks"


def look_at(cast: Cast, *names: str) -> None:
    for name in names:
        audit.look(
            reader=cast.doctor, action="study.viewed", subject=f"study:{name}", clinic=cast.clinic_a,
            study_id=name, facts={"film": "Größe µ 中"},
        )  # fmt: skip


def subjects() -> list[str]:
    return list(AuditEvent.objects.values_list("subject", flat=True))


def test_a_look_waits_on_disk_and_leaves_the_chain_alone(cast: Cast) -> None:
    look_at(cast, "1", "2")
    assert subjects() == []
    assert audit.waiting_looks() == 2


def test_looks_that_wait_tell_which_studies_a_reader_opened(cast: Cast) -> None:
    look_at(cast, "1")
    looks._take()
    look_at(cast, "2")
    assert audit.waiting_studies(reader=cast.doctor, actions=("study.viewed",)) == {"1", "2"}
    assert not audit.waiting_studies(reader=cast.doctor, actions=("report.viewed",))
    assert not audit.waiting_studies(reader=cast.colleague, actions=("study.viewed",))
    with (folder() / "open").open("ab") as file:
        file.write(b"no such line\n")
    assert audit.waiting_studies(reader=cast.doctor, actions=("study.viewed",)) == {"1", "2"}
    audit.chain_looks()
    assert audit.waiting_studies(reader=cast.doctor, actions=("study.viewed",)) == set()


def test_the_name_of_a_new_file_is_on_disk_before_the_page_is_answered(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    flush = os.fsync

    def noted(file: int) -> None:
        flushed.append(str(Path(f"/proc/self/fd/{file}").readlink()))
        flush(file)

    monkeypatch.setattr(os, "fsync", noted)
    look_at(cast, "1", "2")
    assert flushed == [str(folder())]


def test_a_look_comes_into_the_chain_as_it_was(cast: Cast) -> None:
    look_at(cast, "1", "2")
    assert audit.chain_looks() == 2
    event = AuditEvent.objects.first()
    assert event is not None
    assert (event.actor, event.clinic_id, event.action) == (
        cast.doctor.email,
        cast.clinic_a.pk,
        "study.viewed",
    )
    assert (event.subject, event.study_id, event.facts) == ("study:1", "1", {"film": "Größe µ 中"})
    assert subjects() == ["study:1", "study:2"]
    assert faults() == []
    assert (audit.waiting_looks(), audit.chain_looks()) == (0, 0)


def test_a_look_keeps_the_moment_when_it_happened(cast: Cast) -> None:
    look_at(cast, "1")
    written = (folder() / "open").read_text()
    audit.chain_looks()
    event = AuditEvent.objects.get()
    assert datetime.isoformat(event.at) in written


def test_more_looks_than_one_batch_all_come_in_order(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "BATCH", 3)
    names = [f"{number}" for number in range(8)]
    look_at(cast, *names)
    assert audit.chain_looks() == 8
    assert subjects() == [f"study:{name}" for name in names]


def test_a_file_that_was_chained_but_not_deleted_is_not_chained_again(cast: Cast) -> None:
    look_at(cast, "1", "2")
    content = (folder() / "open").read_bytes()
    audit.chain_looks()
    (folder() / "00000000000000000001.taken").write_bytes(content)
    assert audit.chain_looks() == 0
    assert subjects() == ["study:1", "study:2"]
    assert list(folder().glob("*.taken")) == []


def test_a_file_half_chained_is_finished(cast: Cast) -> None:
    look_at(cast, "1")
    first = (folder() / "open").read_bytes()
    look_at(cast, "2")
    whole = (folder() / "open").read_bytes()
    (folder() / "open").write_bytes(first)
    audit.chain_looks()
    (folder() / "00000000000000000001.taken").write_bytes(whole)
    assert audit.chain_looks() == 1
    assert subjects() == ["study:1", "study:2"]


def test_only_the_portals_own_user_can_read_what_waits(cast: Cast) -> None:
    look_at(cast, "1")
    for path, mode in ((folder().parent, 0o700), (folder(), 0o700), (folder() / "open", 0o600)):
        assert path.stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("change", ["edit", "remove", "swap"])
def test_a_line_that_was_touched_is_on_record_as_such(cast: Cast, change: str) -> None:
    look_at(cast, "1", "2", "3")
    lines = (folder() / "open").read_text().splitlines(keepends=True)
    if change == "edit":
        lines[1] = lines[1].replace("doctor@", "ghost@")
    elif change == "remove":
        del lines[1]
    else:
        lines[1:] = lines[:0:-1]
        lines[1] = lines[1].replace("study:3", "study:33")  # another length, so that the third moves too
    (folder() / "open").write_text("".join(lines))
    audit.chain_looks()
    unproven = AuditEvent.objects.filter(action="look.unproven")
    assert unproven.count() == {"edit": 2, "remove": 1, "swap": 2}[change]
    assert "study:3" in "".join(event.facts["line"] for event in unproven)
    assert faults() == []


def test_a_torn_line_stops_nothing(cast: Cast) -> None:
    look_at(cast, "1")
    with (folder() / "open").open("ab") as file:
        file.write(b"\xff\xfe half a li")
    assert audit.chain_looks() == 2
    assert sorted(subjects()) == ["record:looks", "study:1"]


def test_looks_signed_with_an_earlier_key_are_believed(cast: Cast, settings: LazySettings) -> None:
    settings.AUDIT_KEY = "a" * 40
    look_at(cast, "1")
    settings.AUDIT_KEY = f"{'b' * 40} {'a' * 40}"
    audit.chain_looks()
    assert subjects() == ["study:1"]


def test_where_no_file_can_be_written_the_look_goes_to_the_chain_at_once(cast: Cast) -> None:
    keys.sign("test", "the key is there already")
    folder().write_text("in the way")
    look_at(cast, "1")
    assert subjects() == ["study:1"]


def test_half_a_line_on_a_full_disk_is_taken_back(cast: Cast) -> None:
    look_at(cast, "1")
    before = (folder() / "open").read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 50, limits[1]))
    try:
        with pytest.raises(OSError):
            looks._write("x" * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (folder() / "open").read_bytes() == before
    look_at(cast, "2")
    assert audit.chain_looks() == 2
    assert subjects() == ["study:1", "study:2"]


def test_whoever_waited_while_the_file_was_taken_away_writes_to_the_next_one(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_at(cast, "1")
    lock, waits = fcntl.flock, threading.Event()

    def told(file: int, how: int) -> None:
        waits.set()  # the file is open by now, and its lock is held by the other one
        lock(file, how)

    with looks._open_file():
        monkeypatch.setattr(looks.fcntl, "flock", told)
        writer = threading.Thread(target=looks._write, args=("late",))
        writer.start()
        assert waits.wait(10)
        (folder() / "open").rename(folder() / "00000000000000000001.taken")
    writer.join()
    assert (folder() / "00000000000000000001.taken").read_text().count("\n") == 1
    assert (folder() / "open").read_text().endswith(" late\n")


def test_a_sitting_leaves_one_look_a_reader_record_and_action(cast: Cast) -> None:
    for reader, action, subject, sitting in [
        (cast.doctor, "study.viewed", "study:1", "a"),
        (cast.doctor, "study.viewed", "study:1", "a"),  # the only one that is seen already
        (cast.doctor, "study.viewed", "study:1", "b"),
        (cast.doctor, "study.viewed", "study:2", "a"),
        (cast.doctor, "report.viewed", "study:1", "a"),
        (cast.colleague, "study.viewed", "study:1", "a"),
    ]:
        audit.look(reader=reader, action=action, subject=subject, sitting=sitting)
    assert audit.chain_looks() == 5


@pytest.mark.django_db(transaction=True)
def test_readers_and_chainers_at_once_lose_and_double_nothing(cast: Cast) -> None:
    readers, each, broken = 6, 15, []
    done = threading.Event()

    def read(name: str) -> None:
        try:
            look_at(cast, *[f"{name}-{number}" for number in range(each)])
        except Exception as error:
            broken.append(error)
        finally:
            connections.close_all()

    def chain() -> None:
        try:
            while not done.wait(0.01):
                audit.chain_looks()
        except Exception as error:
            broken.append(error)
        finally:
            connections.close_all()

    chainers = [threading.Thread(target=chain) for _ in range(2)]
    threads = [threading.Thread(target=read, args=(f"{number}",)) for number in range(readers)]
    for thread in (*threads, *chainers):
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    for thread in chainers:
        thread.join()
    audit.chain_looks()
    assert broken == []
    assert faults() == []
    wanted = {f"study:{reader}-{number}" for reader in range(readers) for number in range(each)}
    assert sorted(subjects()) == sorted(wanted)
