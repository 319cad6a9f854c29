"""Whether a worker has been heard of: its main process leaves a sign in the cache."""

import time

from django.core.cache import cache

WORKER_SEEN_KEY = "carina:worker-seen"
WORKER_SEEN_SECONDS = 60


def is_worker_alive() -> bool:
    seen = cache.get(WORKER_SEEN_KEY)
    # ahead, too: it was written before the clock was set back, and would outlive its worker by hours
    return isinstance(seen, int | float) and abs(time.time() - seen) <= WORKER_SEEN_SECONDS
