"""The words of a training run on the command line, with Django (`manage.py train_model`) or without."""

import argparse
import dataclasses
import logging
from pathlib import Path

from diagnosis.cnn.bundle import DEFAULT, SHIPPED, Bundle
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.training.augmentation import AugmentationOptions
from diagnosis.cnn.training.dataset import Manifest, ManifestError, read_manifest, training_problems
from diagnosis.cnn.training.options import TrainingOptions, sizes_for

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What can be said about a run."""
    standard = TrainingOptions()
    parser.add_argument(
        "--manifest", type=Path, required=True, help="CSV with file,label,source,split[,group]"
    )
    parser.add_argument("--out", type=Path, default=SHIPPED / DEFAULT, help="folder of the bundle")
    parser.add_argument(
        "--work", type=Path, default=Path("build/training"), help="folder of decoded films and checkpoints"
    )
    parser.add_argument("--minutes", type=float, help="budget by the clock; wins over --epochs")
    parser.add_argument("--epochs", type=float, default=standard.epochs)
    parser.add_argument("--batch", type=int, default=standard.batch)
    parser.add_argument("--learning-rate", type=float, default=standard.learning_rate)
    parser.add_argument("--frozen-blocks", type=int, default=standard.frozen_blocks)
    parser.add_argument("--input-size", type=int, default=224, help="the network's, a multiple of 32")
    parser.add_argument("--evaluate-every", type=float, default=standard.evaluate_every, metavar="MINUTES")
    parser.add_argument("--seed", type=int, default=standard.seed)
    parser.add_argument("--no-augmentation", action="store_true", help="films as they are")
    parser.add_argument("--no-imagenet", action="store_true", help="start from random weights")
    parser.add_argument("--bundle-name", default="carina-cxr")
    parser.add_argument("--bundle-version", default="1.0.0")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint in --work")
    parser.add_argument(
        "--export-only", action="store_true", help="no training: a bundle of the best checkpoint in --work"
    )


def checked_manifest(path: Path) -> Manifest:
    """The manifest, if nothing is wrong with it; raises ManifestError with every problem otherwise."""
    manifest = read_manifest(path)
    problems = training_problems(manifest)
    if problems:
        raise ManifestError(problems)
    return manifest


def options_from(arguments: argparse.Namespace) -> TrainingOptions:
    """The options that the command line asks for."""
    names = ("minutes", "epochs", "batch", "learning_rate", "frozen_blocks", "evaluate_every", "seed")
    options = TrainingOptions(**{name: getattr(arguments, name) for name in names})
    if arguments.no_augmentation:
        options = dataclasses.replace(options, augmentation=AugmentationOptions.none())
    return dataclasses.replace(
        options, imagenet=not arguments.no_imagenet, sizes=sizes_for(arguments.input_size)
    )


def run(arguments: argparse.Namespace) -> Bundle:
    """Check the data, train (or take the checkpoints that are there), write the bundle.

    Raises ManifestError before the first step where the data are not good.
    """
    manifest = checked_manifest(arguments.manifest)
    log.info("%d films, %d rows without a label left out", len(manifest.films), manifest.unlabelled)
    # TensorFlow takes seconds to import: only once the data are known to be good.
    from diagnosis.cnn.training.fit import Run, best_of, options_of
    from diagnosis.cnn.training.recipe import Recipe, make_bundle

    checkpoints, cache = arguments.work / "checkpoints", arguments.work / "cache"
    if arguments.export_only:
        options, fitted = options_of(checkpoints), best_of(checkpoints)
    else:
        options, fitted = options_from(arguments), None
    recipe = Recipe(
        manifest,
        options,
        cache,
        name=arguments.bundle_name,
        version=arguments.bundle_version,
        preprocessing=PreprocessingParameters(size=options.sizes[-1][1]),
    )
    if fitted is None:
        training = Run(
            manifest, options, cache=cache, checkpoints=checkpoints, preprocessing=recipe.preprocessing
        )
        if arguments.resume and training.resume():
            log.info("going on from step %d", training.step)
        fitted = training.fit()
    return make_bundle(recipe, fitted, arguments.out)
