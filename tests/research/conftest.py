"""What tests of the studies share: drawn films, and how a command that refuses is asked why."""

from collections.abc import Callable

import pytest

from tests.diagnosis.cnn.conftest import write_manifest
from tests.diagnosis.conftest import pneumonia_or_normal

__all__ = ["pneumonia_or_normal", "refusal", "write_manifest"]


@pytest.fixture
def refusal(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What a study's `main` says when it ends without figures: its last words, or argparse's complaint."""

    def ask(main: Callable[[list[str]], None], *arguments: str) -> str:
        with pytest.raises(SystemExit) as stop:
            main(list(arguments))
        assert stop.value.code not in (0, None)
        return str(stop.value.code) + capsys.readouterr().err

    return ask
