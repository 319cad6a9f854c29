"""The settings of a candidate that runs beside the active network, read from the environment."""

from pathlib import Path

import environs

env = environs.FileAwareEnv()
env.read_env(str(Path(__file__).resolve().parent.parent / ".env"), recurse=False)

# How many disagreements must be read blind before a candidate is promoted without a reason, and which share
# of the films about which both agree is mixed in, so that a reader cannot infer a disagreement.
BLIND_READS_NEEDED = env.int("BLIND_READS_NEEDED", default=30)
BLIND_READ_AGREEMENTS = env.float("BLIND_READ_AGREEMENTS", default=0.1)
