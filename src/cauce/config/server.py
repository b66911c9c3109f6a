"""The worker that gunicorn runs: it stamps each request as it arrives, however long the request then waits its turn.

In the last minute of a call thousands send at once and wait for a free thread. What counts for a deadline is when
they sent, so the moment is taken when the first byte of a request can be read, in the loop that does nothing else;
and where even this loop comes late, on a machine that has too much to do, the system says since when the bytes wait.
"""

from __future__ import annotations

import resource
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from cauce.base import clock

_SINCE_DATA = 52  # offset of tcpi_last_data_recv in Linux' struct tcp_info
_TICK = 10  # milliseconds by which the system's count may be ahead of the clock


def waited(connection: socket.socket) -> float:
    """Return for how many seconds the newest bytes of a connection have waited; 0 where the system does not say."""
    try:
        facts = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _SINCE_DATA + 4)
    except (AttributeError, OSError):  # another system, or no network connection
        return 0.0
    if len(facts) < _SINCE_DATA + 4:
        return 0.0
    return max(struct.unpack_from("I", facts, _SINCE_DATA)[0] - _TICK, 0) / 1000


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
        conn.arrived = clock.stamp() - waited(conn.sock)
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        self._of_this_thread.arrived = conn.arrived
        return super().handle(conn)
