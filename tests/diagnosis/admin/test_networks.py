"""Django admin of the registry: figures to read, and one network to make active."""

import pytest
from django.test import Client

from diagnosis.cnn.bundle import BundleCorrupt
from diagnosis.models import ModelVersion
from diagnosis.services import registry
from tests.diagnosis.admin.record import address
from tests.films import model_version


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
