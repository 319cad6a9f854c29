"""What a reading doctor is told of other clinics' studies: what waits, what happened, what is gone."""

import pytest

from accounts.models import Membership
from diagnosis.models import Scan, Study
from diagnosis.services import referrals
from tests.conftest import Cast
from tests.diagnosis.reading_clinics import Hub, reading_clinic, signed_in
from tests.diagnosis.views.pages import text_of
from tests.diagnosis.views.test_referrals import ask, page
from tests.diagnosis.views.test_signing import sign, time_is_over
from tests.films import analysed_scan


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return analysed_scan(cast.clinic_a, cast.technician)


def test_who_signs_what_is_not_referred_any_more_is_told_so_and_keeps_the_note(
    cast: Cast, hub: Hub, scan: Scan
) -> None:
    reader = signed_in(hub.doctor)
    ask(cast, hub, scan)
    hub.end()
    answer = reader.post(page(scan, "sign/"), {"film1-note": "Effusion on the left, look again."})
    assert answer.status_code == 404
    told = text_of(answer)
    assert "was referred to your clinic and is not any more" in told
    assert "What you sent was not taken." in told
    assert "Effusion on the left, look again." in told
    assert "is not any more" in text_of(reader.get(page(scan))), "so does who follows a mail's link"


def test_who_asks_about_what_is_taken_back_keeps_the_question(cast: Cast, hub: Hub, scan: Scan) -> None:
    referral = ask(cast, hub, scan)
    hub.end()
    sent = {"question": "A lateral view?"}
    answer = signed_in(hub.doctor).post(f"/referrals/{referral.public_id}/question/", sent)
    assert answer.status_code == 404
    assert "A lateral view?" in text_of(answer)


def test_a_stranger_is_told_nothing_of_it(cast: Cast, hub: Hub, scan: Scan) -> None:
    ask(cast, hub, scan)
    other = reading_clinic(cast, name="Other hospital")
    for who in (other.doctor, cast.stranger):
        answer = signed_in(who).post(page(scan, "sign/"), {"note": "Mine"})
        assert answer.status_code == 404
        assert "There is no such page" in text_of(answer)


def test_a_doctor_whose_own_list_is_done_is_told_of_what_waits_for_others(
    cast: Cast, hub: Hub, scan: Scan
) -> None:
    reader = signed_in(hub.doctor)
    assert "for others" not in text_of(reader.get("/worklist/"))
    ask(cast, hub, scan)
    own = analysed_scan(hub.clinic, hub.doctor, number="H-1", seed=5)
    listed = reader.get("/worklist/").content.decode()
    assert "<title>(2) Worklist" in listed, "one's own and the other clinic's"
    assert "1 to review, 1 for others" in text_of(reader.get("/worklist/"))
    sign(reader, own)
    done = text_of(reader.get(page(own, "?done=1")))
    assert "Done, 0 waiting" in done
    assert "1 study of another clinic waits for yours" in done


def test_who_has_no_study_of_their_own_is_led_to_those_of_others(cast: Cast, hub: Hub, scan: Scan) -> None:
    ask(cast, hub, scan)
    assert "What other clinics ask yours to read is under For others" in text_of(
        signed_in(hub.doctor).get("/worklist/")
    )


def test_the_steps_stand_in_their_order_with_the_reason_beside_its_step(
    cast: Cast, hub: Hub, scan: Scan
) -> None:
    referral, other = ask(cast, hub, scan), reading_clinic(cast, name="Other hospital")
    referrals.pass_on(
        referral=referral, by=hub.doctor, agreement=other.agreement, reason="Beyond our knowledge"
    )
    shown = text_of(signed_in(cast.technician).get(page(scan)))
    told = ["District hospital asked", "passed on by District hospital", "passed on to Other hospital"]
    places = [shown.index(words) for words in told]
    assert places == sorted(places)
    assert shown.index("Beyond our knowledge") in range(*places[1:])


def test_the_reading_doctor_has_no_empty_panel(cast: Cast, hub: Hub, scan: Scan) -> None:
    ask(cast, hub, scan)
    label = "Words, second reader, outcome"
    assert label not in signed_in(hub.doctor).get(page(scan)).content.decode()
    assert label in signed_in(cast.technician).get(page(scan)).content.decode()


def test_of_a_critical_result_of_ones_other_clinic_is_told_where_it_is_acknowledged(
    cast: Cast, hub: Hub, scan: Scan
) -> None:
    Study.objects.update(urgent=True)
    ask(cast, hub, scan)
    sign(signed_in(hub.doctor), scan)
    time_is_over()
    shown = text_of(signed_in(hub.doctor).get(page(scan)))
    assert f"{cast.clinic_a} is told, and says here who knows." in shown
    assert "switch there" not in shown
    Membership.objects.create(user=hub.doctor, clinic=cast.clinic_a, role="doctor", approval="approved")
    shown = text_of(signed_in(hub.doctor).get(page(scan)))
    assert "You work there, too: switch there in the menu to acknowledge it." in shown


def test_who_comes_by_a_mails_link_goes_on_through_the_studies_of_others(
    cast: Cast, hub: Hub, scan: Scan
) -> None:
    other = analysed_scan(cast.clinic_a, cast.technician, number="P-2", seed=2)
    for each in (scan, other):
        ask(cast, hub, each)
    analysed_scan(hub.clinic, hub.doctor, number="H-1", seed=5)
    answer = signed_in(hub.doctor).get(page(scan))
    assert answer.context["next_study"] == other.study
    assert f"{page(other)}?tab=referred" in answer.content.decode()
    assert "1/2" in text_of(answer)
