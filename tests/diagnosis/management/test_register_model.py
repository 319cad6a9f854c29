"""The commands enter a network and make it the active one."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from diagnosis.services import registry
from tests.diagnosis.bundles import light


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


def test_a_start_script_does_not_undo_an_operators_choice(db: None, tmp_path: Path) -> None:
    shipped, chosen = light(tmp_path / "one"), light(tmp_path / "two", version="2")
    for _ in range(2):
        call_command("register_model", str(shipped.path), "--promote-if-none", stdout=StringIO())
    assert str(registry.active_model()) == "light 1.0.0"
    call_command("register_model", str(chosen.path), "--promote", stdout=StringIO())
    call_command("register_model", str(shipped.path), "--promote-if-none", stdout=StringIO())
    assert str(registry.active_model()) == "light 2"
