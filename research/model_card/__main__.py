"""Write the model card of a bundle from a fresh evaluation, with its pictures.

python -m research.model_card --bundle B --manifest M [--split test] [--out docs/model-card.md]
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from diagnosis.cnn.bundle import Bundle, find_bundle, load_bundle
from diagnosis.cnn.evaluation import command_line
from diagnosis.cnn.evaluation.folder import read_data
from diagnosis.cnn.evaluation.manifest import ManifestError
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.training.options import TrainingOptions
from research.leave_one_source_out.study import NOT_STUDIED
from research.model_card import Request, Study, write_model_card
from research.model_card.studies import read_study

LOSO, AUDIT = "research.leave_one_source_out", "research.shortcuts"
ABOUT_LOSO = (
    "Networks trained by the same recipe, each without one source, and judged inside that source, abnormal "
    "against normal. Nothing that gives a source away helps there, so these figures are the ones to expect "
    "elsewhere, not those above. They are figures of the recipe: the network of this card has seen every "
    "source"
)
BUDGETS = ", and {own:,.0f} films where these saw {theirs:,.0f} each"

ABOUT_AUDIT = (
    "How well the source can be read from the network's features, and what becomes of its answers when the "
    "lungs, or everything but the lungs, are hidden: without lungs it should know nothing."
)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m research.model_card",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command_line.add_arguments(
        parser, split="test", split_help='the films that count, default: test; "all" for every one'
    )
    parser.add_argument("--out", type=Path, default=Path("docs/model-card.md"))
    parser.add_argument("--pictures", type=Path, help="default: pictures/model-card beside the card")
    parser.add_argument(
        "--regions", type=Path, help="regions drawn by radiologists; default: regions.csv of the manifest"
    )
    parser.add_argument("--loso", type=Path, help=f"figures of {LOSO} as JSON")
    parser.add_argument("--audit", type=Path, help=f"figures of {AUDIT} as JSON")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Evaluate, draw, write."""
    arguments = parse(argv)
    with command_line.problems_in_words("No model card"):
        written = write_model_card(_request(vars(arguments)), arguments.out, say=print)
    print(f"{written[0]} with {len(written) - 1} pictures in {written[-1].parent}")


def _request(options: dict[str, Any]) -> Request:
    manifest = read_data(options["manifest"])
    regions = options["regions"]
    if regions is None and (manifest.folder / "regions.csv").is_file():
        regions = manifest.folder / "regions.csv"
    bundle = load_bundle(find_bundle(options["bundle"]))
    loso = _figures(options["loso"], LOSO, "protocol")
    audit = _figures(options["audit"], AUDIT, "bundle")
    problems = [*_other_recipe(bundle, loso or {}), *_other_bundle(bundle, audit or {})]
    if problems:
        raise ManifestError(problems)
    return Request(
        bundle=bundle,
        manifest=manifest,
        split=None if options["split"] == "all" else options["split"],
        pictures=options["pictures"] or options["out"].parent / "pictures" / "model-card",
        regions=regions,
        studies=(
            Study("Films of a hospital that training never saw", _about(bundle, loso or {}), LOSO, loso),
            Study("How much it leans on shortcuts", ABOUT_AUDIT, AUDIT, audit),
        ),
        processes=options["processes"],
        resamples=options["resamples"],
    )


def _about(bundle: Bundle, loso: dict[str, Any]) -> str:
    """What the study is; with the films that its networks saw, where it says so."""
    theirs = loso.get("protocol", {}).get("films_seen")
    own = bundle.card.get("training", {}).get("films_seen")
    return ABOUT_LOSO + (BUDGETS.format(own=own, theirs=theirs) if own and theirs else "") + "."


def _other_recipe(bundle: Bundle, loso: dict[str, Any]) -> list[str]:
    """What sets a study's networks apart from this one but for their sources, seeds and budgets."""
    protocol, training = loso.get("protocol", {}), bundle.card.get("training", {})
    if "options" not in protocol or "options" not in training:
        return []
    own, theirs = _complete(training["options"]), _complete(protocol["options"])
    others = [name for name in own if name not in NOT_STUDIED and own[name] != theirs.get(name)]
    seen = PreprocessingParameters.from_card(bundle.card["preprocessing"]).to_card()
    others += [name for name, value in protocol.get("preprocessing", {}).items() if seen.get(name) != value]
    if not others:
        return []
    return [f"the figures of {LOSO} are of another recipe than {bundle.name}: {', '.join(others)}"]


def _complete(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a run that training still has."""
    standard = TrainingOptions().to_json()
    known = {name: options.get(name, value) for name, value in standard.items()}
    own = options.get("augmentation", {})
    known["augmentation"] = {name: own.get(name, value) for name, value in standard["augmentation"].items()}
    return known


def _other_bundle(bundle: Bundle, audit: dict[str, Any]) -> list[str]:
    checksum = audit.get("bundle", {}).get("checksum", bundle.checksum)
    if checksum == bundle.checksum:
        return []
    return [f"the figures of {AUDIT} are of another bundle ({checksum[:12]}) than {bundle.name}"]


def _figures(path: Path | None, command: str, part: str) -> dict[str, Any] | None:
    """The figures of a command, known by a part that only they have; None where no file is given."""
    if path is None:
        return None
    figures = read_study(path)
    if not isinstance(figures.get(part), dict):
        raise ManifestError([f"{path}: these figures are none of {command}"])
    return figures


if __name__ == "__main__":
    main()
