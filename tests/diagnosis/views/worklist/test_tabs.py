"""The worklist's tabs, sorting, and pages of them."""

import re

import pytest
from django.test import Client

from diagnosis.models import Claim, Patient, Study
from diagnosis.services import assigning, studies
from tests.conftest import Cast
from tests.diagnosis.views.worklist.page import WORKLIST, many, studies_in
from tests.films import analysed_scan


def test_a_tab_shows_its_rank_alone_and_its_count(doctor: Client, cast: Cast) -> None:
    sick = analysed_scan(cast.clinic_a, cast.doctor).study
    ghost = studies.create_study(
        patient=Patient.objects.create(clinic=cast.clinic_a, number="P-9"), actor=cast.doctor, urgent=True
    )
    assert studies_in(doctor, tab="pathological") == [str(sick.public_id)]
    assert studies_in(doctor, tab="urgent") == []
    assert studies_in(doctor, tab="attention") == [str(ghost.public_id)], "nobody can read it"
    counts = {count.tab.name: count.number for count in doctor.get(WORKLIST).context["counts"]}
    assert (counts["pathological"], counts["urgent"], counts["attention"]) == (1, 0, 1)


def test_mine_is_what_is_assigned_to_or_opened_by_me(doctor: Client, cast: Cast) -> None:
    assigned, opened, _ = (
        analysed_scan(cast.clinic_a, cast.doctor, number=f"P-{seed}", seed=seed).study for seed in range(3)
    )
    assigning.assign(studies=[assigned], doctor=cast.doctor, actor=cast.administrator)
    Claim.objects.create(study=opened, doctor=cast.doctor)
    assert set(studies_in(doctor, tab="mine")) == {str(assigned.public_id), str(opened.public_id)}


@pytest.mark.parametrize(
    "asked", ["", "sort=patient", "sort=waiting", "sort=network", "sort=taken", "q=P-many", "finding=normal"]
)
def test_every_order_shows_every_study_once_over_its_pages(doctor: Client, cast: Cast, asked: str) -> None:
    rows = many(cast.clinic_a, cast.doctor, 60)
    Study.objects.filter(rank=6).update(doctor_finding="normal")
    Study.objects.filter(rank__lt=6).update(network_finding="normal", network_probability=0.9)
    shown, address = [], f"{WORKLIST}?{asked}"
    while address:
        body = doctor.get(address).content.decode()
        shown += re.findall(r'class="row-link" href="/studies/([0-9a-f-]{36})/["?]', body)
        found = re.search(r'rel="next" href="(\?[^"]+)"', body)
        address = WORKLIST + found[1].replace("&amp;", "&") if found else ""
    assert sorted(shown) == sorted(str(study.public_id) for study in rows)


def test_a_search_that_cannot_show_all_says_so(
    doctor: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diagnosis.services.searching.MOST_PATIENTS", 1)
    for seed in range(2):
        scan = analysed_scan(cast.clinic_a, cast.doctor, number=f"P-{seed}", seed=seed)
        Patient.objects.filter(pk=scan.study.patient_id).update(last_name="Smith")
    page = doctor.get(WORKLIST, {"q": "smith"}).content.decode()
    assert "a study may be missing from this list" in " ".join(page.split())
