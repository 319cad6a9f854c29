"""How the web server runs; used by script/demo and by the container alike."""

import os
from pathlib import Path

worker_class = "portal.server.worker.Worker"
workers = int(os.environ.get("WEB_CONCURRENCY") or min(len(os.sched_getaffinity(0)), 4))
threads = 4  # answer requests; whoever sends or reads slowly takes none of them
worker_connections = 1000
keepalive = 5
limit_request_fields = 60
timeout = 60  # a process that says nothing for so long is replaced
graceful_timeout = 10
forwarded_allow_ips = ""  # portal/settings.py alone decides whether a proxy is believed
logger_class = "portal.server.log.Log"
# the path without its query: a search for a patient's name must not get into a log
access_log_format = "%(t)s %(m)s %(U)s %(s)s %(B)s bytes %(M)s ms"
accesslog = "-"
errorlog = "-"
# heartbeats in memory: on a slow disk a healthy worker would look dead
_memory = Path("/dev/shm")  # noqa: S108 - gunicorn makes an unlinked file of its own there
worker_tmp_dir = str(_memory) if _memory.is_dir() else None
control_socket_disable = True
