"""The settings of the queue: how long an analysis may take, who does what, and what happens how often."""

from pathlib import Path

import environs

env = environs.FileAwareEnv()
env.read_env(str(Path(__file__).resolve().parent.parent / ".env"), recurse=False)

# The database row is the truth about work, the broker only a messenger.
ANALYSIS_SOFT_SECONDS = env.int("ANALYSIS_SOFT_SECONDS", default=20)
ANALYSIS_HARD_SECONDS = env.int("ANALYSIS_HARD_SECONDS", default=30)
ANALYSIS_MAX_ATTEMPTS = env.int("ANALYSIS_MAX_ATTEMPTS", default=5)
# Decoding happens in a child of the worker: what a film may take (seconds of computing) before it is stopped.
DECODE_SECONDS = env.int("DECODE_SECONDS", default=10)
DECODE_MEGABYTES = env.int("DECODE_MEGABYTES", default=512)
# How long a doctor can take a signature back before it is final; 0: it is final at once.
CARINA_UNDO_SECONDS = env.int("CARINA_UNDO_SECONDS", default=10)
SWEEP_SECONDS = env.int("SWEEP_SECONDS", default=5)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 4 * ANALYSIS_HARD_SECONDS,
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.2}
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = ANALYSIS_SOFT_SECONDS
CELERY_TASK_TIME_LIMIT = ANALYSIS_HARD_SECONDS
CELERY_TASK_DEFAULT_QUEUE = "analysis"
CELERY_TASK_ROUTES = {
    f"diagnosis.tasks.{name}": {"queue": "upkeep"}
    for name in (
        "sweep",
        "chain_looks",
        "anchor_record",
        "tidy",
        "watch_films",
        "order_worklists",
        "finalise_signatures",
        "count_scores",
        "tell_of_overdue",
        "refer_covered",
        "escalate_critical",
    )
} | {  # a slow archive, a long export or a candidate must not hold up films
    f"diagnosis.tasks.{name}": {"queue": queue}
    for queue, names in (
        ("delivery", ("deliver", "prepare_exports", "make_reports", "send_webhooks")),
        ("shadow", ("show_to_candidate",)),
    )
    for name in names
}
CELERY_BEAT_SCHEDULER = "portal.beat:SteadyScheduler"
_often = {"schedule": SWEEP_SECONDS, "options": {"expires": SWEEP_SECONDS}}
CELERY_BEAT_SCHEDULE = {
    "tidy": {"task": "diagnosis.tasks.tidy", "schedule": 3600, "options": {"expires": 600}},
    "sweep": {"task": "diagnosis.tasks.sweep", **_often},
    "deliver": {"task": "diagnosis.tasks.deliver", "schedule": 15, "options": {"expires": 15}},
    "exports": {"task": "diagnosis.tasks.prepare_exports", "schedule": 15, "options": {"expires": 15}},
    "reports": {"task": "diagnosis.tasks.make_reports", "schedule": 15, "options": {"expires": 15}},
    "candidate": {"task": "diagnosis.tasks.show_to_candidate", **_often},
    "chain looks": {"task": "diagnosis.tasks.chain_looks", **_often},
    "signatures": {"task": "diagnosis.tasks.finalise_signatures", **_often},
    "order worklists": {"task": "diagnosis.tasks.order_worklists", **_often},
    "watch films": {"task": "diagnosis.tasks.watch_films", "schedule": 600, "options": {"expires": 600}},
    "count scores": {"task": "diagnosis.tasks.count_scores", "schedule": 600, "options": {"expires": 600}},
    "referrals": {"task": "diagnosis.tasks.refer_covered", "schedule": 15, "options": {"expires": 15}},
    "overdue": {"task": "diagnosis.tasks.tell_of_overdue", "schedule": 60, "options": {"expires": 60}},
    "critical": {"task": "diagnosis.tasks.escalate_critical", "schedule": 60, "options": {"expires": 60}},
    "webhooks": {"task": "diagnosis.tasks.send_webhooks", "schedule": 15, "options": {"expires": 15}},
    "anchor record": {"task": "diagnosis.tasks.anchor_record", "schedule": 600, "options": {"expires": 600}},
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
