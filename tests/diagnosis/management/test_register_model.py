"""The commands enter a network and make it the active one."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from diagnosis.models import ModelVersion
from diagnosis.services import registry
from tests.conftest import Cast
from tests.diagnosis.bundles import light
from tests.films import analysed_scan
from tests.shadows import read_blind, shadowed


def test_the_commands_register_and_promote(db: None, tmp_path: Path) -> None:
    out = StringIO()
    call_command("register_model", str(light(tmp_path / "one").path), "--promote", stdout=out)
    assert out.getvalue().startswith("light 1.0.0: active")
    call_command("register_model", str(light(tmp_path / "two", version="2").path), stdout=out)
    call_command("promote_model", "light", "2", stdout=out)
    assert str(registry.active_model()) == "light 2"
    with pytest.raises(CommandError, match=r"not registered\. Registered are: light 2, light 1\.0\.0"):
        call_command("promote_model", "light", "3")
    with pytest.raises(CommandError, match="no such bundle"):
        call_command("register_model", "nowhere")


def test_the_commands_name_compare_promote_and_end_a_candidate(cast: Cast, tmp_path: Path) -> None:
    out = StringIO()
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    call_command("register_model", str(light(tmp_path / "two", version="2").path), stdout=out)
    with pytest.raises(CommandError, match="There is no candidate"):
        call_command("candidate_model")
    call_command("candidate_model", "light", "2", stdout=out)
    assert "light 2 runs silently beside test-network 1.0.0" in out.getvalue()
    with pytest.raises(CommandError, match=r"light 2 was not promoted\. It has not run .* --reason"):
        call_command("promote_model", "light", "2", stdout=out)
    candidate = ModelVersion.objects.get(name="light")
    read_blind(shadowed(scan, candidate), cast.colleague, "normal")
    call_command("candidate_model", stdout=out)
    assert "a blind reader said normal or abnormal of 1" in out.getvalue()
    call_command("candidate_model", "--end", stdout=out)
    assert "light 2 is no candidate any more" in out.getvalue()
    call_command("promote_model", "light", "2", "--reason", "the other one fails", stdout=out)
    assert "with the candidate: 1 of 1 (100%, 95 % interval 21% to 100%)" in out.getvalue()
    assert registry.active_model() == candidate


def test_a_start_script_does_not_undo_an_operators_choice(db: None, tmp_path: Path) -> None:
    shipped, chosen = light(tmp_path / "one"), light(tmp_path / "two", version="2")
    for _ in range(2):
        call_command("register_model", str(shipped.path), "--promote-if-none", stdout=StringIO())
    assert str(registry.active_model()) == "light 1.0.0"
    call_command("register_model", str(chosen.path), "--promote", stdout=StringIO())
    call_command("register_model", str(shipped.path), "--promote-if-none", stdout=StringIO())
    assert str(registry.active_model()) == "light 2"
