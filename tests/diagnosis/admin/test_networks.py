"""Django admin of the registry: figures to read, and one network to make active."""

import pytest
from django.test import Client
from django.urls import reverse

from diagnosis.cnn.bundle import BundleCorrupt
from diagnosis.models import ModelVersion
from diagnosis.services import candidates, registry
from tests.accounts.test_step_up import left_open
from tests.diagnosis.admin.record import World, address
from tests.films import model_version
from tests.shadows import read_blind, shadowed


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
        page = operator.post(address("modelversion", "changelist"), chosen).headers["Location"]
        assert page == f"/admin/diagnosis/modelversion/{version.pk}/comparison/"
        assert administrator.get(page).status_code == 403, "figures of every clinic"
        assert administrator.post(page, {"reason": "because"}).status_code == 403
        answer = operator.post(page, {"reason": ""})
        assert answer.status_code == 422
        assert "is not the candidate" in answer.content.decode()
        assert registry.active_model() != version
        operator.post(page, {"reason": "measured on films of our own"})
        assert registry.active_model() == version
        assert "because: measured on films of our own" in operator.get(page).content.decode()

    def test_a_damaged_one_is_not_made_active_and_says_why(self, operator: Client) -> None:
        before = registry.active_model()
        version = model_version("2.0.0", active=None)
        page = reverse("admin:diagnosis_modelversion_comparison", args=[version.pk])
        answer = operator.post(page, {"reason": "measured"})
        assert "Nothing was changed" in answer.content.decode()
        assert registry.active_model() == before
        with pytest.raises(BundleCorrupt):
            registry.promote(model_version=version, actor=None)

    def test_the_operator_names_a_candidate_ends_it_and_reads_how_it_does(
        self, administrator: Client, operator: Client, world: World
    ) -> None:
        version = registry.register(bundle_path=registry.shipped_bundle(), actor=None)
        naming = {"action": "make_candidate", "_selected_action": [version.pk]}
        administrator.post(address("modelversion", "changelist"), naming)
        assert candidates.candidate() is None
        operator.post(address("modelversion", "changelist"), naming)
        assert candidates.candidate() == version
        shadow = shadowed(world.ours["scan"], version)  # type: ignore[arg-type]
        read_blind(shadow, world.cast.colleague, "normal")
        page = reverse("admin:diagnosis_modelversion_comparison", args=[version.pk])
        told = " ".join(operator.get(page).content.decode().split())
        assert "candidate: 1 of 1, 100 % (21–100 %)" in told
        assert "Clinic A" in told
        assert "runs silently beside it" in " ".join(operator.get("/admin/").content.decode().split())
        ending = {"action": "end_candidate", "_selected_action": [version.pk]}
        operator.post(address("modelversion", "changelist"), ending)
        assert candidates.candidate() is None

    def test_the_operator_is_told_why_a_candidate_was_stopped(
        self, administrator: Client, operator: Client
    ) -> None:
        version = model_version("2.0.0", active=None)
        ModelVersion.objects.filter(pk=version.pk).update(candidate=True)
        candidates.end_candidate(model_version=version, actor="shadow", trouble="It failed at 3 films.")
        assert "It failed at 3 films." in operator.get("/admin/").content.decode()
        assert "It failed at 3 films." not in administrator.get("/admin/").content.decode()

    def test_whoever_left_the_screen_open_long_ago_is_asked_again_before_promoting(
        self, operator: Client
    ) -> None:
        version = registry.register(bundle_path=registry.shipped_bundle(), actor=None)
        left_open(operator)
        page = reverse("admin:diagnosis_modelversion_comparison", args=[version.pk])
        answer = operator.post(page, {"reason": "measured"})
        assert "reauthenticate" in answer.headers["Location"]
        assert registry.active_model() != version

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
