"""Checks that the packages for training are installed."""

from importlib.util import find_spec

from django.core.management.base import CommandError

NEEDED = {
    "tensorflow": "TensorFlow",
    "keras": "Keras",
    "sklearn": "scikit-learn",
    "matplotlib": "matplotlib",
}


def check_training_is_installed() -> None:
    """Raise CommandError if the training packages are missing: now, not after the films have been read."""
    missing = [word for module, word in NEEDED.items() if find_spec(module) is None]
    if not missing:
        return
    *most, last = missing
    listed = f"{', '.join(most)} and {last}" if most else last
    raise CommandError(
        f"Training needs {listed}, which {'are' if most else 'is'} not installed here: "
        "run script/setup --dev, or pip install -r requirements.txt."
    )
