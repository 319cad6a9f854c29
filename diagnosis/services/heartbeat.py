"""Whether a worker has been heard of: its main process leaves a sign in the cache."""

from django.core.cache import cache

WORKER_SEEN_KEY = "carina:worker-seen"
WORKER_SEEN_SECONDS = 60


def is_worker_alive() -> bool:
    return cache.get(WORKER_SEEN_KEY) is not None
