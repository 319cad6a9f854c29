"""Django admin of the record and the registry: to look at, one's own clinic's, and every look on record."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from diagnosis.cnn.bundle import BundleCorrupt
from diagnosis.models import ModelVersion, Prediction, Review, Scan
from diagnosis.services import registry
from tests.conftest import Cast
from tests.films import analysed_scan, model_version

RECORD = ("patient", "study", "scan", "prediction", "review")


@dataclass(frozen=True)
class World:
    cast: Cast
    ours: dict[str, Model]
    theirs: dict[str, Model]


def rows_of(scan: Scan, doctor: Any) -> dict[str, Model]:
    prediction = Prediction.objects.get(scan=scan)
    review = Review.objects.create(
        scan=scan, prediction=prediction, doctor=doctor, decision="agree", finding="normal"
    )
    return {
        "patient": scan.study.patient,
        "study": scan.study,
        "scan": scan,
        "prediction": prediction,
        "review": review,
    }


@pytest.fixture
def world(cast: Cast) -> World:
    ours = analysed_scan(cast.clinic_a, cast.doctor, number="OURS-1", seed=1)
    theirs = analysed_scan(cast.clinic_b, cast.stranger, number="THEIRS-1", seed=2)
    return World(cast, rows_of(ours, cast.doctor), rows_of(theirs, cast.stranger))


@pytest.fixture
def administrator(client: Client, world: World) -> Client:
    client.force_login(world.cast.administrator)
    return client


@pytest.fixture
def operator(world: World) -> Client:
    client = Client()
    client.force_login(world.cast.operator)
    return client


def address(model: str, page: str, *keys: int) -> str:
    return reverse(f"admin:diagnosis_{model}_{page}", args=keys)


def test_an_administrator_sees_the_rows_of_their_clinic_alone(administrator: Client, world: World) -> None:
    for model in RECORD:
        listed = administrator.get(address(model, "changelist")).content.decode()
        ours, theirs = world.ours[model], world.theirs[model]
        assert address(model, "change", ours.pk) in listed
        assert address(model, "change", theirs.pk) not in listed
        assert administrator.get(address(model, "change", ours.pk)).status_code == 200
        for page in ("change", "history", "delete"):
            answer = administrator.get(address(model, page, theirs.pk))
            assert answer.status_code in (403, 404) or answer.headers["Location"] == reverse("admin:index")


def test_nothing_of_the_record_is_added_changed_or_deleted_here(administrator: Client, world: World) -> None:
    for model in RECORD:
        key = world.ours[model].pk
        before = {
            field.attname: getattr(world.ours[model], field.attname)
            for field in world.ours[model]._meta.fields
        }
        assert administrator.get(address(model, "add")).status_code == 403
        assert (
            administrator.post(
                address(model, "change", key), {"number": "X", "finding": "covid19"}
            ).status_code
            == 403
        )
        assert administrator.post(address(model, "delete", key), {"post": "yes"}).status_code == 403
        administrator.post(
            address(model, "changelist"),
            {"action": "delete_selected", "_selected_action": [key], "post": "yes"},
        )
        stored = type(world.ours[model])._default_manager.get(pk=key)
        assert {name: getattr(stored, name) for name in before} == before


def test_every_look_at_a_row_about_a_patient_is_on_record(administrator: Client, world: World) -> None:
    looks: Counter[str] = Counter()
    for model in RECORD:
        administrator.get(address(model, "change", world.ours[model].pk))
        action = "patient.viewed" if model == "patient" else "study.viewed"
        looks[action] += 1
        event = AuditEvent.objects.filter(action=action).last()
        assert event is not None
        assert event.actor == world.cast.administrator.email
        administrator.get(address(model, "change", world.theirs[model].pk))
        assert AuditEvent.objects.filter(action=action).count() == looks[action], model


def test_an_operator_without_a_clinic_sees_no_patients(operator: Client, world: World) -> None:
    for model in RECORD:
        assert operator.get(address(model, "changelist")).status_code == 403
        answer = operator.get(address(model, "change", world.ours[model].pk))
        assert answer.status_code == 403 or answer.headers["Location"] == reverse("admin:index")
        assert "patient" not in operator.get(reverse("admin:index")).content.decode().lower()


class TestModels:
    CARD = {
        "metrics": {
            "test": {
                "findings": ["covid19", "normal"],
                "pooled": {
                    "n": 1350, "accuracy": {"value": 0.91, "low": 0.9, "high": 0.92},
                    "macro_auroc": {"value": 0.98765, "low": 0.98, "high": 0.99}, "ece": 0.02,
                    "auroc": {"covid19": {"value": 0.97, "low": 0.96, "high": 0.98}},
                },
                "sources": {"cohen": {"n": 6, "accuracy": {"value": None, "low": None, "high": None}}},
            }
        }
    }  # fmt: skip

    def test_figures_are_shown_pooled_and_by_source(self, administrator: Client) -> None:
        version = model_version("2.0.0", active=None)
        ModelVersion.objects.filter(pk=version.pk).update(card=self.CARD)
        text = administrator.get(address("modelversion", "change", version.pk)).content.decode()
        assert "0.988 <small>(0.980–0.990)</small>" in text
        assert "<th>cohen</th><td>6</td>" in text
        assert "AUROC covid19" in text
        assert "not a medical device" in text

    def test_a_card_without_figures_is_no_error(self, administrator: Client) -> None:
        version = model_version("2.0.0", active=None)
        for card in ({}, {"metrics": {}}, {"metrics": {"test": {"pooled": None, "sources": {}}}}):
            ModelVersion.objects.filter(pk=version.pk).update(card=card)
            text = administrator.get(address("modelversion", "change", version.pk)).content.decode()
            assert "has no figures" in text

    def test_only_the_operator_makes_one_active(self, administrator: Client, operator: Client) -> None:
        version = registry.register(bundle_path=registry.shipped_bundle(), actor=None)
        chosen = {"action": "make_active", "_selected_action": [version.pk]}
        assert "make_active" not in administrator.get(address("modelversion", "changelist")).content.decode()
        administrator.post(address("modelversion", "changelist"), chosen)
        assert registry.active_model() != version
        operator.post(address("modelversion", "changelist"), chosen)
        assert registry.active_model() == version

    def test_a_damaged_one_is_not_made_active_and_says_why(self, operator: Client) -> None:
        before = registry.active_model()
        version = model_version("2.0.0", active=None)
        chosen = {"action": "make_active", "_selected_action": [version.pk]}
        answer = operator.post(address("modelversion", "changelist"), chosen, follow=True)
        assert "Nothing was changed" in answer.content.decode()
        assert registry.active_model() == before
        with pytest.raises(BundleCorrupt):
            registry.promote(model_version=version, actor=None)

    def test_exactly_one_must_be_chosen(self, operator: Client) -> None:
        keys = [model_version(number, active=None).pk for number in ("2.0.0", "3.0.0")]
        data = {"action": "make_active", "_selected_action": keys}
        answer = operator.post(address("modelversion", "changelist"), data, follow=True)
        assert "exactly one" in answer.content.decode()

    def test_nobody_edits_or_deletes_one(self, operator: Client) -> None:
        version = model_version("2.0.0", active=None)
        assert operator.post(address("modelversion", "change", version.pk), {"name": "x"}).status_code == 403
        assert (
            operator.post(address("modelversion", "delete", version.pk), {"post": "yes"}).status_code == 403
        )
