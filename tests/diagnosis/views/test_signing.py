"""The study page's one form: signed, undone with all that was typed, refused in words, private."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from diagnosis.models import PendingSignature, Phrase, Review, Scan
from diagnosis.services import review
from diagnosis.services.report import facts
from tests.conftest import Cast
from tests.films import analysed_scan, queued_scan

pytestmark = pytest.mark.django_db
TYPED = {
    "finding": "covid19",
    "further": ["effusion", "nodule"],
    "side_effusion": "left",
    "note": "Typed at 2 a.m.",
    **{f"zone_{zone}": "2" for zone in "ABCDEF"},
}


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return analysed_scan(cast.clinic_a, cast.doctor)


@pytest.fixture
def colleague(cast: Cast, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(cast.colleague)


def page_of(client: Client, scan: Scan) -> str:
    return client.get(f"/studies/{scan.study.public_id}/").content.decode()


def sign(client: Client, scan: Scan, **words: Any) -> HttpResponse:
    found = re.findall(r'name="((?:initial-)?film[^"]*)" value="([^"]*)"', page_of(client, scan))
    shown: dict[str, Any] = {name: value for name, value in found if name != "film"}
    shown["film"] = [value for name, value in found if name == "film"]
    return client.post(f"/studies/{scan.study.public_id}/sign/", {**shown, **TYPED, **words})


def time_is_over() -> None:
    PendingSignature.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_the_next_page_of_its_doctor_makes_it_final(doctor: Client, scan: Scan) -> None:
    assert sign(doctor, scan).status_code == 302
    assert "You pressed Sign" in page_of(doctor, scan)
    time_is_over()
    page = page_of(doctor, scan)
    signed = Review.objects.get()
    assert (signed.brixia, signed.six_zone, signed.note) == (12, 6, "Typed at 2 a.m.")
    assert "Effusion, left" in page
    assert "Brixia 12 [2 2 2 2 2 2]" in page


def test_nobody_else_sees_it_before(doctor: Client, colleague: Client, scan: Scan) -> None:
    sign(doctor, scan)
    signature = PendingSignature.objects.get()
    for address in (
        f"/studies/{scan.study.public_id}/",
        "/worklist/",
        f"/patients/{scan.study.patient.public_id}/",
    ):
        page = colleague.get(address).content.decode()
        assert "2 a.m." not in page
        assert str(signature.public_id) not in page
    assert colleague.post(f"/signature/{signature.public_id}/undo/").status_code == 404


def test_undo_gives_back_everything_that_was_typed(doctor: Client, scan: Scan) -> None:
    sign(doctor, scan)
    undone = doctor.post(f"/signature/{PendingSignature.objects.get().public_id}/undo/", follow=True)
    page = undone.content.decode()
    assert "Taken back: nothing is signed." in page
    assert "Typed at 2 a.m." in page
    for name, value in (
        ("finding", "covid19"),
        ("further", "effusion"),
        ("further", "nodule"),
        ("zone_F", "2"),
    ):
        assert re.search(rf'name="{name}" value="{value}"[^>]*checked', page), (name, value)
    assert re.search(r'value="left" selected', page)
    time_is_over()
    assert review.finalise_due() == 0
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"finding": ""}, "Choose the finding that you see."),
        ({"further": ["other"], "side_effusion": ""}, "Say what the other further finding is"),
        ({"further": []}, "You chose a side of effusion: tick it"),
        ({"finding": "reject", "reason": ""}, "Say why the prediction is rejected."),
        ({"finding": "normal"}, "You chose normal and ticked effusion"),
        ({"annotations": '[{"kind": "length"}]'}, "The marks and measurements came damaged"),
        ({"initial-watched": "1"}, "Film 1 was not opened."),
    ],
)
def test_what_cannot_be_signed_comes_back_with_its_reason(
    doctor: Client, scan: Scan, words: dict[str, Any], told: str
) -> None:
    answer = sign(doctor, scan, **words)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert "Typed at 2 a.m." in answer.content.decode()
    assert not PendingSignature.objects.exists()


def test_an_unopened_film_is_signed_all_the_same_when_that_is_ticked(doctor: Client, scan: Scan) -> None:
    assert sign(doctor, scan, **{"initial-watched": "1", "unseen_ok": "1"}).status_code == 302


def test_the_choice_of_what_the_network_told_is_to_agree(doctor: Client, scan: Scan, settings: Any) -> None:
    settings.CARINA_UNDO_SECONDS = 0
    told = scan.predictions.get().shown_finding
    sign(
        doctor,
        scan,
        finding=told.value,
        further=[],
        side_effusion="",
        **{f"zone_{zone}": "" for zone in "ABCDEF"},
    )
    assert Review.objects.get().decision == "agree"


def test_a_phrase_is_put_into_the_note_without_a_script(doctor: Client, cast: Cast, scan: Scan) -> None:
    phrase = Phrase.objects.create(clinic=cast.clinic_a, title="Clear", text="Both lungs are clear.")
    Phrase.objects.create(clinic=cast.clinic_b, title="Theirs", text="Of another clinic.")
    page = sign(doctor, scan, add_phrase="1", phrase=str(phrase.public_id)).content.decode()
    assert "Typed at 2 a.m.\nBoth lungs are clear." in page
    assert "Of another clinic" not in page
    assert not PendingSignature.objects.exists()


def test_a_correction_says_amended_and_strikes_the_old_word(
    doctor: Client, scan: Scan, settings: Any
) -> None:
    settings.CARINA_UNDO_SECONDS = 0
    sign(doctor, scan)
    sign(doctor, scan, finding="pneumonia")
    page = page_of(doctor, scan)
    assert "AMENDED" in page
    assert "<s>Effusion, left</s>" in page
    assert page.count("Superseded") == 1


def test_a_result_that_came_meanwhile_sends_it_back_with_a_notice(doctor: Client, cast: Cast) -> None:
    waiting = queued_scan(cast.clinic_a, cast.doctor, number="P-5", seed=5)
    assert sign(doctor, waiting).status_code == 302
    review.sign_off(scan=waiting, prediction=None, doctor=cast.colleague, decision="read", finding="other")
    time_is_over()
    page = doctor.get("/worklist/").content.decode()
    assert "Not signed:" in page
    again = page_of(doctor, waiting)
    assert "Typed at 2 a.m." in again
    assert not re.search(r'name="finding" value="\w+"[^>]*checked', again), "it is decided anew"


def test_what_is_ticked_or_drawn_is_never_dropped_without_a_word(
    doctor: Client, cast: Cast, scan: Scan
) -> None:
    """A film with its own word takes nothing that is ticked; one that keeps its word takes no marks."""
    second = queued_scan(cast.clinic_a, cast.doctor, number="P-7", seed=7)
    Scan.objects.filter(pk=second.pk).update(study=scan.study)
    second = Scan.objects.select_related("study").get(pk=second.pk)
    own = {f"film-{film.public_id}-finding": "other" for film in (scan, second)}
    refused = sign(doctor, scan, **own)
    assert refused.status_code == 422
    assert "none takes what is ticked" in refused.content.decode()
    review.sign_off(scan=second, prediction=None, doctor=cast.colleague, decision="read", finding="other")
    mark = {"scan": str(second.public_id), "kind": "arrow", "points": [[0, 0], [1, 1]]}
    refused = sign(doctor, scan, annotations=json.dumps([mark]))
    assert refused.status_code == 422
    assert "Film 2 keeps its signed word" in refused.content.decode()
    assert not PendingSignature.objects.exists()


def test_without_any_worker_a_colleagues_page_makes_it_final(
    doctor: Client, colleague: Client, scan: Scan
) -> None:
    sign(doctor, scan)
    time_is_over()
    assert "Effusion, left" in page_of(colleague, scan)
    assert Review.objects.get().signed_name == PendingSignature.objects.get().signed_name


def test_marks_are_drawn_only_on_the_picture_that_they_were_drawn_on(
    doctor: Client, scan: Scan, settings: Any
) -> None:
    settings.CARINA_UNDO_SECONDS = 0
    mark = {
        "scan": str(scan.public_id),
        "kind": "length",
        "points": [[0, 0], [1, 1]],
        "value": 9,
        "unit": "mm",
    }
    sign(doctor, scan, annotations=json.dumps([mark]))
    assert '"kind": "length"' in page_of(doctor, scan)
    Scan.objects.filter(pk=scan.pk).update(shown_corrections=["rotated_90"])
    page = page_of(doctor, scan)
    assert '"kind": "length"' not in page
    assert "Length 9.0 mm" in page
    (drawn,) = facts.document_of(scan.study, facts.signed(scan.study), status="FINAL").films[0].drawn
    assert (drawn.points, drawn.words.startswith("Length 9.0 mm (not drawn here")) == ((), True)
