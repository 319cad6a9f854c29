"""The settings of a network's probation in a clinic, read from the environment."""

from pathlib import Path

import environs

env = environs.FileAwareEnv()
env.read_env(str(Path(__file__).resolve().parent.parent / ".env"), recurse=False)

# From so many signed films of a clinic on, limits are fitted there; they count for so many months.
LIMITS_NORMAL_FILMS = env.int("LIMITS_NORMAL_FILMS", default=50)
LIMITS_ABNORMAL_FILMS = env.int("LIMITS_ABNORMAL_FILMS", default=30)
LIMITS_MONTHS = env.int("LIMITS_MONTHS", default=12)
LIMITS_WARN_DAYS = env.int("LIMITS_WARN_DAYS", default=30)
