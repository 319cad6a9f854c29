"""Trains the networks by one protocol and puts them beside ours in one table.

    python -m research.architectures.one_protocol --manifest M [--work build/one_protocol] [--epochs 3]

The same films, passes, sizes, changes of films, rate and seed for each, every network from random weights: of
ResNet-50, Inception V3 and VGG-16 no package with ImageNet weights is among those this project installs, and
weights that one alone starts from would be compared instead of networks. EfficientNet-Lite0 is therefore
trained from random weights, too, beside the bundle that ships, which began with ImageNet's. A network whose
bundle is in --work is not trained again. The table is README.md there.
"""

import argparse
import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from diagnosis.cnn.training import cli

NETWORKS: Final = ("sequential_cnn", "efficientnet_lite0", "inception_v3", "resnet50", "vgg16")
PROTOCOL: Final = ("--no-imagenet", "--learning-rate", "0.001", "--dropout", "0.2", "--bottleneck", "0")
HERE: Final = "research.architectures.one_protocol"


def training(name: str, arguments: argparse.Namespace) -> list[str]:
    """The options of `train_model` for one network: the same for all but the name and the folders."""
    work = arguments.work / name
    return [
        "--manifest", str(arguments.manifest), "--architecture", name,
        "--bundle-name", f"{name}-one-protocol",
        "--work", str(work), "--out", str(work / "bundle"), "--input-size", str(arguments.input_size),
        "--epochs", str(arguments.epochs), "--seed", str(arguments.seed), "--batch", str(arguments.batch),
        "--precision", arguments.precision, *PROTOCOL,
    ]  # fmt: skip


def train(options: Sequence[str]) -> None:
    """Train one network in this process."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    cli.run(parser.parse_args(options))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("build/one_protocol"))
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), help="default: all five")
    parser.add_argument("--beside", nargs="*", default=["carina-cxr-3"], metavar="BUNDLE", help="not trained")
    parser.add_argument("--input-size", type=int, default=128, help="pixels a side; 96 is possible for all")
    parser.add_argument("--epochs", type=float, default=3.0)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--precision", default="mixed_bfloat16")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("table", nargs="*", metavar="-- OPTION", help="for research.architectures")
    return parser.parse_args()


def main() -> None:
    """Train what is missing, each network in a process of its own, then measure all of them."""
    if sys.argv[1:2] == ["--one"]:
        train(sys.argv[2:])
        return
    arguments = parse()
    for name in arguments.networks:
        if not (arguments.work / name / "bundle" / "card.json").is_file():
            print(f"training {name}", flush=True)
            subprocess.run([sys.executable, "-m", HERE, "--one", *training(name, arguments)], check=True)
    bundles = [str(arguments.work / name / "bundle") for name in arguments.networks]
    page = arguments.work / "README.md"
    command = [sys.executable, "-m", "research.architectures", *bundles, *arguments.beside]
    command += ["--manifest", str(arguments.manifest), "--out", str(page), *arguments.table]
    subprocess.run(command, check=True)
    print(page.read_text())


if __name__ == "__main__":
    main()
