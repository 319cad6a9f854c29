"""A run through a narrowed worklist stays in it: opening, signing, the next study, and the way back."""

import re

from django.test import Client
from django.urls import reverse

from diagnosis.models import Patient, Scan
from tests.conftest import Cast
from tests.diagnosis.views.worklist.page import WORKLIST
from tests.films import analysed_scan

ONLY_SMITH = "q=Smith"


def named(cast: Cast, last_name: str, seed: int) -> Scan:
    scan = analysed_scan(cast.clinic_a, cast.doctor, number=f"P-{seed}", seed=seed)
    Patient.objects.filter(pk=scan.study.patient_id).update(last_name=last_name)
    return scan


def link_to(scan: Scan, page: str) -> str:
    row = re.search(rf'class="row-link" href="(/studies/{scan.study.public_id}/[^"]*)"', page)
    link = row or re.search(rf'href="(/studies/{scan.study.public_id}/[^"]*)"', page)
    return link[1].replace("&amp;", "&")


def test_next_stays_in_the_list_that_was_narrowed(doctor: Client, cast: Cast) -> None:
    first, _, third = named(cast, "Smith", 1), named(cast, "Okafor", 2), named(cast, "Smith", 3)
    opened = link_to(first, doctor.get(f"{WORKLIST}?{ONLY_SMITH}").content.decode())
    assert opened.endswith(f"?{ONLY_SMITH}")
    study = doctor.get(opened)
    assert study.context["next_study"] == third.study
    page = study.content.decode()
    assert f'href="{WORKLIST}?{ONLY_SMITH}"' in page, "the way back leads to the narrowed list"
    assert link_to(third, page).endswith(f"?{ONLY_SMITH}&at=2&of=2"), "the second study of this run of two"


def test_signing_goes_on_in_the_list_that_was_narrowed(doctor: Client, cast: Cast) -> None:
    first, _, third = named(cast, "Smith", 1), named(cast, "Okafor", 2), named(cast, "Smith", 3)
    page = doctor.get(f"/studies/{first.study.public_id}/?{ONLY_SMITH}").content.decode()
    action = re.search(r'action="([^"]*/sign/[^"]*)"', page)[1]
    shown = dict(re.findall(r'name="((?:initial-)?film[^"]*)" value="([^"]*)"', page))
    signed = doctor.post(action, shown | {"finding": "normal", "next": "1"}, follow=True)
    assert signed.redirect_chain[0][0].startswith(f"/studies/{third.study.public_id}/?{ONLY_SMITH}")


def test_without_a_narrowed_list_next_is_the_first_of_all(doctor: Client, cast: Cast) -> None:
    first, second = named(cast, "Smith", 1), named(cast, "Okafor", 2)
    study = doctor.get(reverse("study_detail", args=[first.study.public_id]))
    assert study.context["next_study"] == second.study
    assert f'href="{WORKLIST}"' in study.content.decode()


def test_a_filter_that_is_not_understood_is_named_as_on_the_page(doctor: Client) -> None:
    page = doctor.get(WORKLIST, {"taken_from": "31/31"}).content.decode()
    assert "left out" in page
    assert "“Taken from”" in page


def test_what_narrows_the_list_is_said_beside_it(doctor: Client) -> None:
    page = doctor.get(WORKLIST, {"state": "to_review", "entered": "on", "taken_to": "2026-11-27"})
    assert page.context["filter"].in_words() == ["To review", "to 27 Nov 2026", "Entered by me"]


def test_who_signed_today_stays_on_a_page_that_updates_itself(doctor: Client, cast: Cast) -> None:
    scan = named(cast, "Smith", 1)
    doctor.post(
        reverse("scan_review", args=[scan.public_id]),
        {"decision": "agree", "prediction": str(scan.predictions.get().public_id)},
    )
    news = doctor.get(WORKLIST, {"seen": "old"}, headers={"HX-Request": "true"}).content.decode()
    assert "signed today" in news
