"""The gunicorn worker: many connections in one loop, the portal itself in a few threads."""

import asyncio
import contextlib
import os
import resource
import time
from typing import Any, Final

from gunicorn.workers.gasgi import ASGIWorker

from portal.server.connection import KNOWN, Connection

BACKLOG: Final = 2048
SPARE_FILES: Final = 200  # open files that are no connection: database, films, temporary files


class Worker(ASGIWorker):
    """Keeps connections within their deadlines and makes room where there are too many."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.connections: set[Connection] = set()
        self.most = self.worker_connections

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Accept `threads`, which gunicorn's own asynchronous worker does without."""

    def init_process(self) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = self.worker_connections + SPARE_FILES
        if soft != resource.RLIM_INFINITY and soft < wanted:
            soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            self.most = min(self.worker_connections, max(soft - SPARE_FILES, soft // 2))
        super().init_process()

    def load_wsgi(self) -> None:
        application = self.app.wsgi()
        from portal.server.front import Front  # it reads settings and models, which the application sets up

        self.asgi = Front(application, threads=self.cfg.threads, log=self.log)

    def welcome(self, newcomer: Connection) -> None:
        """Count a new connection in; above the limit the one that has kept us waiting longest goes."""
        self.connections.add(newcomer)
        if len(self.connections) <= self.most:
            return
        victim = min(self.connections - {newcomer}, key=lambda other: (other.rank, other.since))
        (newcomer if victim.rank == KNOWN else victim).throw_out()

    async def _serve(self) -> None:
        for listener in self.sockets:
            # One connection a turn, so that the processes share them; asyncio would take a hundred at once.
            server = await self.loop.create_server(lambda: Connection(self), sock=listener.sock, backlog=1)
            listener.sock.listen(BACKLOG)
            self.servers.append(server)
        while self.alive and self.ppid == os.getppid():
            self.notify()
            now = time.monotonic()
            for connection in tuple(self.connections):
                connection.end_if_overdue(now)
            await asyncio.sleep(1)
        await self._shutdown()

    async def _shutdown(self) -> None:
        for server in self.servers:
            server.close()
        for connection in tuple(self.connections):
            if connection._awaiting_request:
                connection.transport.abort()
        await super()._shutdown()
