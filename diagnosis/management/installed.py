"""Says in one sentence what to install where a command needs what only training brings."""

from importlib.util import find_spec

from django.core.management.base import CommandError

NEEDED = {
    "tensorflow": "TensorFlow",
    "keras": "Keras",
    "sklearn": "scikit-learn",
    "matplotlib": "matplotlib",
}


def check_training_is_installed() -> None:
    """Raise CommandError where only what serves is installed: now, not after the films have been read."""
    missing = [word for module, word in NEEDED.items() if find_spec(module) is None]
    if not missing:
        return
    *most, last = missing
    listed = f"{', '.join(most)} and {last}" if most else last
    raise CommandError(
        f"Training needs {listed}, which {'are' if most else 'is'} not installed here: "
        "run script/setup --dev, or pip install -r requirements.txt."
    )
