"""A training run from the command line; TensorFlow is imported only once there is something to train."""

import argparse
import dataclasses
import logging
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from diagnosis.cnn.bundle import LUNG_NETWORK, Bundle, BundleError
from diagnosis.cnn.evaluation.folder import read_data
from diagnosis.cnn.evaluation.manifest import Manifest, ManifestError, training_problems
from diagnosis.cnn.findings import FINDINGS, TASKS
from diagnosis.cnn.preprocessing import Crop, PreprocessingParameters
from diagnosis.cnn.training.checkpoints import OtherRun, options_of, origin_of
from diagnosis.cnn.training.curves import write_curves
from diagnosis.cnn.training.data.augmentation import AugmentationOptions
from diagnosis.cnn.training.flags import add_flags, asked, flag_names
from diagnosis.cnn.training.options import ARCHITECTURES, BUDGET, FROM_SCRATCH, TrainingOptions, sizes_for

if TYPE_CHECKING:
    from diagnosis.cnn.training.recipe import Recipe

log = logging.getLogger(__name__)

RESOLUTION = 72
NAMES = {"efficientnet_lite0": "carina-cxr"}  # bundles of others are called by their architecture


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Every argument of a run that ends in a bundle."""
    add_run_arguments(parser)
    add_flags(parser, TrainingOptions, BUDGET)
    parser.add_argument("--out", type=Path, help="folder of the bundle (default: bundle in --work)")
    parser.add_argument("--bundle-name", help="default: carina-cxr, or the name of another architecture")
    parser.add_argument("--bundle-version", default="3.0.0")
    parser.add_argument(
        "--ages", nargs="+", type=class_and_age, default=[], metavar="CLASS=YEARS",
        help="the youngest of each class, as covid19=18 pneumonia=1: on younger ones nothing is advised",
    )  # fmt: skip
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on from the last checkpoint in --work, with the same options",
    )
    parser.add_argument(
        "--export-only", action="store_true", help="no training: a bundle of the best checkpoint in --work"
    )


def class_and_age(text: str) -> tuple[str, int]:
    """A class and the age in years of its youngest patients, from CLASS=YEARS."""
    name, _, years = text.partition("=")
    if name not in FINDINGS or not years.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r}: a class of {', '.join(FINDINGS)}, = and whole years")
    return name, int(years)


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments for data, network and training, with the defaults of the bundle that ships."""
    parser.add_argument(
        "--manifest", type=Path, required=True, metavar="FILE_OR_FOLDER",
        help="CSV with file,label,source,split[,group], or a folder tree split/source/label[/patient]",
    )  # fmt: skip
    parser.add_argument(
        "--work", type=Path, default=Path("build/training"), help="folder of decoded films and checkpoints"
    )
    parser.add_argument("--input-size", type=int, default=224, help="the network's, a multiple of 32")
    parser.add_argument("--crop", choices=get_args(Crop), default="lungs", help="what it sees of a film")
    parser.add_argument(
        "--border", type=float, default=PreprocessingParameters().border,
        help="share of width and height that it never sees at each side: frames, letters, collimators",
    )  # fmt: skip
    parser.add_argument(
        "--resolution", type=int, default=RESOLUTION,
        help="pixels across what it sees that are left of a film, 0 for all: finer is grain and sharpness",
    )  # fmt: skip
    parser.add_argument(
        "--lungs", type=Path, default=LUNG_NETWORK, help="graph of the lung network (train_lungs)"
    )
    names = [name for name in flag_names(TrainingOptions) if name not in BUDGET]
    add_flags(parser, TrainingOptions, names, ARCHITECTURES)
    add_flags(parser, AugmentationOptions, flag_names(AugmentationOptions))
    parser.add_argument(
        "--no-augmentation", action="store_true", help="films as they are, but for what is asked for by name"
    )


def options_from(arguments: argparse.Namespace) -> TrainingOptions:
    """The options given on the command line, over the defaults of the architecture."""
    given = asked(arguments, TrainingOptions)
    values = dict(ARCHITECTURES[given.get("architecture", TrainingOptions.architecture)]) | given
    if not values.get("imagenet", True):
        values |= FROM_SCRATCH
    values["bottleneck"] = values.get("bottleneck") or None
    augmentation = AugmentationOptions.none() if arguments.no_augmentation else AugmentationOptions()
    augmentation = dataclasses.replace(augmentation, **asked(arguments, AugmentationOptions))
    only = values.pop("sizes", None)  # of networks whose weights fit films of one size
    if only and arguments.input_size != only[-1][1]:
        raise ValueError(f"{values['architecture']} takes --input-size {only[-1][1]} alone")
    return TrainingOptions(**values, augmentation=augmentation, sizes=only or sizes_for(arguments.input_size))


def preprocessing_from(arguments: argparse.Namespace, *, size: int) -> PreprocessingParameters:
    """What the network sees of a film, as the command line has it; ValueError where that is impossible."""
    return PreprocessingParameters(
        size=size, crop=arguments.crop, border=arguments.border, resolution=min(arguments.resolution, size)
    )


def checked_manifest(path: Path, task: str) -> Manifest:
    """The films of a task; ManifestError with every problem where there is one."""
    manifest = read_data(path).for_task(TASKS[task])
    problems = training_problems(manifest, TASKS[task])
    if problems:
        raise ManifestError(problems)
    return manifest


def run(arguments: argparse.Namespace) -> Bundle:
    """Check the data, train (or take the checkpoints that are there), write the bundle and the run's curves.

    Raises ManifestError before the first step where the data are not good, OtherRun where --resume or
    --export-only finds a run with other options or on other films, ValueError where the options cannot go
    together.
    """
    checkpoints = arguments.work / "checkpoints"
    if arguments.export_only:
        if not (checkpoints / "run.json").is_file():
            raise ValueError(f"{checkpoints}: there is no checkpoint to make a bundle of")
        options, origin = options_of(checkpoints), origin_of(checkpoints)
        preprocessing = PreprocessingParameters.from_card(origin["preprocessing"])
    else:
        options, origin = options_from(arguments), {}
        preprocessing = preprocessing_from(arguments, size=options.sizes[-1][1])
    manifest = checked_manifest(arguments.manifest, options.task)
    log.info("%d films, %d rows without a label left out", len(manifest.films), manifest.unlabelled)
    # TensorFlow takes seconds to import: only once the data are known to be good.
    from diagnosis.cnn.training.export import ExportDiffers
    from diagnosis.cnn.training.fit import best_of
    from diagnosis.cnn.training.recipe import Recipe, make_bundle

    recipe = Recipe(
        manifest, options, arguments.work / "cache", arguments.lungs,
        name=arguments.bundle_name or NAMES.get(options.architecture, options.architecture),
        version=arguments.bundle_version, preprocessing=preprocessing, ages=dict(arguments.ages),
    )  # fmt: skip
    if not arguments.export_only:
        _train(recipe, checkpoints, resume=arguments.resume)
    elif recipe.origin != origin:
        raise OtherRun(f"{checkpoints} belongs to a run on other films, or with another lung network")
    try:
        return make_bundle(recipe, best_of(checkpoints), arguments.out or arguments.work / "bundle")
    except ExportDiffers as error:
        raise BundleError(str(error)) from error


def _train(recipe: "Recipe", checkpoints: Path, *, resume: bool) -> None:
    from diagnosis.cnn.training.fit import Run, check

    check(recipe.options)  # before hours of decoding
    films = recipe.films("train"), recipe.films("val")
    run = Run(*films, recipe.options, checkpoints=checkpoints, origin=recipe.origin)
    if resume:
        found = run.resume()
        log.info("going on from step %d" if found else "no checkpoint yet, step %d", run.number)
    run.fit()
    draw_curves(run.history, checkpoints.parent / "curves")


def draw_curves(history: list[dict[str, float]], folder: Path) -> None:
    """Write the run's curves. A picture that fails must not cost hours of training."""
    try:
        write_curves(history, folder)
        log.info("curves in %s", folder)
    except (ModuleNotFoundError, OSError) as error:
        log.warning("%s", error)
