"""Training without Django: `python -m diagnosis.cnn.training --help`."""

import argparse
import dataclasses
import logging
import sys
from pathlib import Path

from diagnosis.cnn.training.dataset import ManifestError, read_manifest, training_problems


def main() -> int:
    """Parse, check the data, train; the checkpoints are what is left behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="folder of cache and checkpoints")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--epochs", type=float, default=8.0)
    parser.add_argument("--evaluate-every", type=float, default=6.0)
    parser.add_argument("--resume", action="store_true")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    try:
        manifest = read_manifest(arguments.manifest)
        problems = training_problems(manifest)
        if problems:
            raise ManifestError(problems)
    except ManifestError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    from diagnosis.cnn.training.fit import Run, TrainingOptions  # TensorFlow: only once the data are good

    options = dataclasses.replace(
        TrainingOptions(), minutes=arguments.minutes, epochs=arguments.epochs,
        evaluate_every=arguments.evaluate_every,
    )  # fmt: skip
    run = Run(manifest, options, cache=arguments.work / "cache", checkpoints=arguments.work / "checkpoints")
    if arguments.resume:
        run.resume()
    fitted = run.fit()
    logging.info("best on val: %s", fitted.best)
    return 0


if __name__ == "__main__":
    sys.exit(main())
