"""The inbox: what waits for a person, whose study they may see, and how they want to be told."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, User
from diagnosis.models import Notice, NoticeKind, SecondReading, Study
from diagnosis.services import notice
from diagnosis.services.notice import Choice
from diagnosis.views import notices as pages
from tests.conftest import Cast
from tests.diagnosis.views.pages import text_of
from tests.films import analysed_scan

BADGE = 'title="Notices that you have not read"'


@pytest.fixture
def study(cast: Cast) -> Study:
    return analysed_scan(cast.clinic_a, cast.technician).study


def tell(
    study: Study, person: User, *, kind: str = NoticeKind.OVERDUE, about: str = "", detail: str = ""
) -> None:
    assert notice.tell(kind, study=study, to=[person], about=about, detail=detail) == 1


def test_the_header_counts_what_is_unread_and_opening_the_study_reads_it(
    cast: Cast, doctor: Client, study: Study
) -> None:
    assert BADGE not in doctor.get("/worklist/").content.decode()
    tell(study, cast.doctor)
    tell(study, cast.colleague)
    page = doctor.get("/notices/")
    assert BADGE in page.content.decode()
    assert "A study is overdue" in text_of(page)
    assert f'href="/studies/{study.public_id}/"' in page.content.decode()
    assert doctor.get(f"/studies/{study.public_id}/").status_code == 200
    assert BADGE not in doctor.get("/notices/").content.decode()
    assert "A study is overdue" in text_of(doctor.get("/notices/"))
    assert "Nothing is unread" in text_of(doctor.get("/notices/?unread=on"))
    assert notice.unread(cast.colleague) == 1


def test_a_person_marks_one_or_all_of_their_own_as_read(
    cast: Cast, doctor: Client, technician: Client, study: Study
) -> None:
    for about in ("one", "two", "three"):
        tell(study, cast.doctor, kind=NoticeKind.QUESTION, about=about)
    first = Notice.objects.earliest("pk")
    assert technician.post(f"/notices/{first.public_id}/read/").status_code == 404
    assert technician.post("/notices/read/").status_code == 302
    assert notice.unread(cast.doctor) == 3
    assert doctor.get(f"/notices/{first.public_id}/read/").status_code == 302
    assert notice.unread(cast.doctor) == 3, "a link changes nothing"
    assert doctor.post(f"/notices/{first.public_id}/read/").status_code == 302
    assert notice.unread(cast.doctor) == 2
    assert "All notices are marked as read" in text_of(doctor.post("/notices/read/", follow=True))
    assert notice.unread(cast.doctor) == 0


def test_whoever_left_the_clinic_finds_no_name_and_no_link(cast: Cast, doctor: Client, study: Study) -> None:
    tell(study, cast.doctor)
    assert "Phantom" in text_of(doctor.get("/notices/"))
    assert AuditEvent.objects.get(action="list.viewed").facts["list"] == "notices"
    User.objects.filter(pk=cast.doctor.pk).update(clinic=cast.clinic_b)
    page = doctor.get("/notices/")
    assert "You may not see this study any more" in text_of(page)
    for secret in ("Phantom", study.patient.number, str(study.public_id)):
        assert secret not in page.content.decode()


def test_an_abnormal_reading_is_marked_but_not_to_somebody_who_reads_it_blind(
    cast: Cast, doctor: Client, study: Study
) -> None:
    tell(study, cast.doctor, kind=NoticeKind.READING_SIGNED, detail="urgent abnormal")
    page = text_of(doctor.get("/notices/"))
    assert "Urgent" in page
    assert "Abnormal" in page
    SecondReading.objects.create(
        clinic=cast.clinic_a, study=study, why="named", asked_of=cast.doctor, first_doctor=cast.colleague
    )
    page = text_of(doctor.get("/notices/"))
    assert "Urgent" in page
    assert "Abnormal" not in page


def test_a_refused_film_tells_why(cast: Cast, technician: Client, study: Study) -> None:
    tell(study, cast.technician, kind=NoticeKind.FILM_REFUSED, about="x", detail="lungs_cut_off")
    assert "A film that you sent was refused: Lungs cut off" in text_of(technician.get("/notices/"))


def test_what_goes_by_mail_alone_is_not_in_the_inbox(cast: Cast, doctor: Client, study: Study) -> None:
    notice.change(person=cast.doctor, wanted={NoticeKind.OVERDUE: Choice(in_portal=False, by_mail=True)})
    tell(study, cast.doctor)
    page = doctor.get("/notices/")
    assert "No notices yet" in text_of(page)
    assert BADGE not in page.content.decode()


def test_the_list_has_pages_and_bears_any_page_number(
    cast: Cast, doctor: Client, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "SIZE", 2)
    for number in range(3):
        tell(study, cast.doctor, kind=NoticeKind.QUESTION, about=str(number))
    first = doctor.get("/notices/?unread=on").content.decode()
    assert first.count("notice-unread") == 2
    assert "?unread=on&amp;page=2" in first
    assert doctor.get("/notices/?unread=on&page=2").content.decode().count("notice-unread") == 1
    for wrong in ("0", "-1", "x", "9" * 40, "%00"):
        assert doctor.get(f"/notices/?page={wrong}").status_code == 200


def test_a_longer_list_asks_the_database_no_more_often(cast: Cast, doctor: Client) -> None:
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert doctor.get("/notices/").status_code == 200
        return len(found)

    tell(analysed_scan(cast.clinic_a, cast.technician).study, cast.doctor)
    doctor.get("/notices/")
    few = asked()
    for seed in range(1, 6):
        tell(analysed_scan(cast.clinic_a, cast.technician, seed=seed).study, cast.doctor)
    doctor.get("/notices/")
    assert asked() <= few


def test_each_chooses_how_they_are_told(
    cast: Cast, doctor: Client, study: Study, signed_in: Callable[[User], Client]
) -> None:
    page = doctor.get("/notices/choices/")
    assert "An urgent study waits to be read: by mail" in text_of(page)
    assert "An urgent study waits" not in text_of(signed_in(cast.technician).get("/notices/choices/"))
    ticks = {f"{key}-in_portal": "on" for key in notice.choices_of(cast.doctor) if key != "overdue"}
    assert "Your choice is saved" in text_of(doctor.post("/notices/choices/", ticks, follow=True))
    assert set(notice.choices_of(cast.doctor).values()) == {Choice(True, False), Choice(False, False)}
    assert "Nothing was changed" in text_of(doctor.post("/notices/choices/", ticks, follow=True))
    assert notice.tell(NoticeKind.OVERDUE, study=study, to=[cast.doctor, cast.colleague]) == 1
    assert AuditEvent.objects.filter(action="user.notices_chosen").count() == 1


def test_nobody_puts_away_what_tells_of_a_critical_result(cast: Cast, doctor: Client, study: Study) -> None:
    doctor.post("/notices/choices/", {})
    assert notice.choices_of(cast.doctor)["critical_waiting"] == Choice(in_portal=True, by_mail=False)
    notice.tell(NoticeKind.CRITICAL_WAITING, study=study, to=[cast.doctor])
    assert "A critical result" in text_of(doctor.get("/notices/"))
