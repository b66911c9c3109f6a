"""The worker that gunicorn runs: it stamps each request as it arrives, however long the request then waits its turn.

In the last minute of a call thousands send at once and wait for a free thread. What counts for a deadline is when
they sent, so the moment is taken when the first byte of a request can be read, in the loop that does nothing else.
"""

from __future__ import annotations

import resource
import selectors
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from cauce.base import clock


class StampingWorker(ThreadWorker):
    """gunicorn's threaded worker, which also tells the application when the request arrived."""

    def init_process(self) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = min(hard, self.cfg.worker_connections + 256)
        if soft < wanted:  # each person who waits holds a connection
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        self._of_this_thread = threading.local()
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        application: Callable[..., Iterable[bytes]] = self.wsgi  # type: ignore[has-type]

        def stamped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            environ[clock.ARRIVED] = self._of_this_thread.arrived
            return application(environ, start_response)

        self.wsgi = stamped

    def enqueue_req(self, conn: TConn) -> None:
        """Queue a request that has begun to arrive; a connection that says nothing yet waits in the loop."""
        if not conn.initialized and not conn.data_ready:
            conn.sock.setblocking(False)
            conn.timeout = time.monotonic() + self.cfg.keepalive
            self.pending_conns.append(conn)
            self.poller.register(
                conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn)
            )
            return
        conn.arrived = clock.stamp()
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        self._of_this_thread.arrived = conn.arrived
        return super().handle(conn)
