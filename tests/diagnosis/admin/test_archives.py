"""Django admin of archives: an operator enters them, and the credentials never come back."""

import pytest
from django.test import Client

from accounts.models import AuditEvent
from diagnosis.models import Archive
from diagnosis.services import archives
from tests.conftest import Cast
from tests.diagnosis.admin.record import address

WORD = "Bearer the-secret-word"


def form(cast: Cast, **typed: object) -> dict[str, object]:
    return {
        "clinic": cast.clinic_a.pk, "name": "PACS", "protocol": "stow", "url": "https://pacs.example/dicom-web",
        "calling_ae_title": "CARINA", "active": "on", "new_credentials": WORD,
    } | typed  # fmt: skip


def entered(cast: Cast) -> Archive:
    archive = Archive(
        clinic=cast.clinic_a, name="PACS", protocol="stow", url="https://pacs.example", credentials=WORD
    )
    archives.store_archive(archive=archive, by=cast.operator)
    return archive


def test_credentials_are_stored_and_shown_to_nobody(operator: Client, cast: Cast) -> None:
    response = operator.post(address("archive", "add"), form(cast))
    assert response.status_code == 302, response.content.decode()
    archive = Archive.objects.get()
    assert archive.credentials == WORD
    pages = [address("archive", "change", archive.pk), address("archive", "history", archive.pk)]
    shown = "".join(operator.get(page).content.decode() for page in pages)
    told = str([event.facts for event in AuditEvent.objects.all()])
    assert "the-secret-word" not in shown + told
    event = AuditEvent.objects.get(action="archive.created")
    assert event.subject == f"archive:{archive.public_id}"


def test_empty_credentials_leave_them_and_a_tick_takes_them_away(operator: Client, cast: Cast) -> None:
    archive = entered(cast)
    place = address("archive", "change", archive.pk)
    typed = form(cast, new_credentials="", name="Other name")
    operator.post(place, typed)
    archive.refresh_from_db()
    assert (archive.name, archive.credentials) == ("Other name", WORD)
    operator.post(place, typed | {"no_credentials": "on"})
    archive.refresh_from_db()
    assert archive.credentials == ""
    changed = AuditEvent.objects.filter(action="archive.changed").order_by("sequence")
    assert [event.facts["changed"] for event in changed] == [["name", "url"], ["credentials"]]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"url": "http://pacs.example/"}, "must begin with https://"),
        ({"url": "https://me:word@pacs.example/"}, "hold no name"),
        ({"url": ""}, "needs it"),
        ({"protocol": "c-store", "host": "pacs.example", "ae_title": "PACS"}, "needs it"),
        ({"protocol": "c-store", "host": "a", "ae_title": "PACS", "port": "70000"}, "end at 65535"),
        ({"new_credentials": "a\u202eb"}, "plain ASCII"),
    ],
)
def test_what_cannot_be_an_archive_is_refused(
    operator: Client, cast: Cast, typed: dict[str, object], words: str
) -> None:
    response = operator.post(address("archive", "add"), form(cast, **typed))
    assert words in response.content.decode()
    assert not Archive.objects.exists()


def test_an_administrator_reads_their_own_and_changes_none(administrator: Client, cast: Cast) -> None:
    archive = entered(cast)
    place = address("archive", "change", archive.pk)
    text = administrator.get(place).content.decode()
    assert "https://pacs.example" in text
    assert "redentials" not in text
    assert administrator.post(place, form(cast)).status_code == 403
    chosen = {"action": "try_connection", "_selected_action": archive.pk}
    administrator.post(address("archive", "changelist"), chosen)
    assert not AuditEvent.objects.filter(action="archive.tried").exists()


def test_the_connection_is_tried_and_what_came_of_it_is_said(operator: Client, cast: Cast) -> None:
    archive = entered(cast)
    Archive.objects.filter(pk=archive.pk).update(url="http://127.0.0.1:9")
    chosen = {"action": "try_connection", "_selected_action": archive.pk}
    text = operator.post(address("archive", "changelist"), chosen, follow=True).content.decode()
    assert "PACS could not be reached" in text
    assert AuditEvent.objects.get(action="archive.tried").facts == {"name": "PACS", "answered": False}
