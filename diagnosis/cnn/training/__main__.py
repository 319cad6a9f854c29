"""Training without Django: `python -m diagnosis.cnn.training --help`."""

import argparse
import logging
import sys

from diagnosis.cnn.bundle import BundleError
from diagnosis.cnn.evaluation.manifest import ManifestError
from diagnosis.cnn.training.checkpoints import OtherRun
from diagnosis.cnn.training.cli import add_arguments, run


def main() -> int:
    """Parse, train, say where the bundle lies; problems go to standard error, status 1."""
    parser = argparse.ArgumentParser(prog="python -m diagnosis.cnn.training", description=__doc__)
    add_arguments(parser)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    try:
        bundle = run(parser.parse_args())
    except (ManifestError, BundleError, ModuleNotFoundError, OSError, OtherRun, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{bundle.name} {bundle.version} in {bundle.path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
