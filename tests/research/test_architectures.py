"""The page of architectures: the command it prints for a bundle asks for the network that the bundle is."""

import argparse
import dataclasses
import json
import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from diagnosis.cnn.bundle import DEFAULT, find_bundle, load_bundle
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.training import cli
from diagnosis.cnn.training.data.augmentation import AugmentationOptions
from diagnosis.cnn.training.options import TrainingOptions, sizes_for
from research.architectures import one_protocol
from research.architectures.page import command_of


def parsed(command: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    assert command.startswith("manage.py train_model ")
    return parser.parse_args(shlex.split(command)[2:])


def bundle(options: TrainingOptions, **seen: Any) -> Any:
    """As much of a bundle as the page reads."""
    card = {
        "training": {"options": options.to_json()},
        "preprocessing": PreprocessingParameters(size=options.sizes[-1][1], **seen).to_card(),
        "input_size": [options.sizes[-1][1]] * 2,
    }
    return SimpleNamespace(card=card, architecture=options.architecture, path=Path("bundle"))


@pytest.mark.parametrize(
    ("options", "seen"),
    [
        (TrainingOptions(bottleneck=12), {"crop": "lungs", "resolution": 72}),
        (
            TrainingOptions(
                bottleneck=None, epochs=2.5, level_share=0.7, sizes=sizes_for(160),
                augmentation=AugmentationOptions(low_resolution=0.5, patches=0.25, erase_marks=0.0),
            ),
            {"crop": "film", "border": 0.0},
        ),
        (
            TrainingOptions(
                architecture="vgg16", dropout=0.5, frozen_blocks=0, level_share=0.0, imagenet=False,
                learning_rate=1e-3, minutes=36.0, sizes=sizes_for(96), precision="mixed_bfloat16",
            ),
            {"crop": "lungs", "resolution": 72},
        ),
        (
            TrainingOptions(
                architecture="sequential_cnn", task="covid19-normal", dropout=0.5, frozen_blocks=0, seed=7,
                level_share=0.0, imagenet=False, epochs=1.0, sizes=sizes_for(64), balance="film",
                augmentation=dataclasses.replace(AugmentationOptions.none(), hide_lungs=0.1),
            ),
            {"crop": "film"},
        ),
    ],
)  # fmt: skip
def test_the_printed_command_asks_for_the_same_training(
    options: TrainingOptions, seen: dict[str, Any]
) -> None:
    arguments = parsed(command_of(bundle(options, **seen)))
    asked = cli.options_from(arguments)
    if options.minutes is not None:  # the clock wins, so the command need not name epochs
        asked = dataclasses.replace(asked, epochs=options.epochs)
    assert asked == options
    preprocessing = cli.preprocessing_from(arguments, size=options.sizes[-1][1])
    assert preprocessing == PreprocessingParameters(size=options.sizes[-1][1], **seen)


def test_options_that_training_has_given_up_are_passed_over() -> None:
    card = bundle(TrainingOptions(bottleneck=12), crop="lungs", resolution=72)
    plain = command_of(card)
    card.card["training"]["options"] |= {"swa": 0.0, "mix_style": 0.0}
    card.card["training"]["options"]["augmentation"]["match_histogram"] = 0.0
    assert command_of(card) == plain


def test_the_printed_command_is_short_where_nothing_differs() -> None:
    command = command_of(bundle(TrainingOptions(bottleneck=12), crop="lungs", resolution=72))
    assert command == (
        "manage.py train_model --manifest M --architecture efficientnet_lite0 --input-size 224"
    )


def test_one_protocol_differs_between_networks_in_their_names_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.argv", ["one_protocol", "--manifest", "m.csv", "--work", str(tmp_path)])
    arguments = one_protocol.parse()
    seen = set()
    for name in one_protocol.NETWORKS:
        parser = argparse.ArgumentParser()
        cli.add_arguments(parser)
        options = cli.options_from(parser.parse_args(one_protocol.training(name, arguments)))
        assert (options.architecture, options.imagenet) == (name, False)
        seen.add(json.dumps(options.to_json() | {"architecture": ""}, sort_keys=True))
    assert len(seen) == 1


def test_the_command_of_the_bundle_that_ships_asks_for_what_it_was_trained_with() -> None:
    shipped = load_bundle(find_bundle(DEFAULT))
    words = ["--architecture", "efficientnet_lite0", "--input-size", "224"]
    assert command_of(shipped) == " ".join(["manage.py train_model --manifest M", *words])


def test_a_card_that_is_older_than_an_option_has_its_command_all_the_same() -> None:
    card = bundle(TrainingOptions(bottleneck=12), crop="lungs", resolution=72)
    del card.card["training"]["options"]["consistency"]
    assert command_of(card).endswith("--consistency 0")
