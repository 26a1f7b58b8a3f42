"""A process that stands still (SIGSTOP, a paused machine) finds deadline and answer together."""

from __future__ import annotations

import asyncio
import socket
import threading
import time

from adapters.cashback_client.pool import Limits
from adapters.cashback_client.transport import EvidenceTransport
from integration.provider.scripted_provider import GOOD, GOOD_BODY, until

REQUEST = b"POST /api/mock/Cashback HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\n{}"


async def test_an_answer_that_came_during_a_standstill_is_read_although_it_is_late() -> None:
    sent, stopped, answered = (threading.Event() for _ in range(3))

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            sent.set()
            stopped.wait(10)
            connection.sendall(GOOD)
            answered.set()
            connection.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        transport = EvidenceTransport(url, limits=Limits(deadline_s=0.4))
        call = asyncio.create_task(transport.call(REQUEST))
        await until(sent.is_set)
        # The loop stands still, as under SIGSTOP: answer and deadline both wait for it.
        stopped.set()
        answered.wait(10)
        time.sleep(0.5)  # noqa: ASYNC251 - this is the standstill
        evidence = await call
        await transport.aclose()
        thread.join(10)
    assert (evidence.status_code, evidence.body) == (201, GOOD_BODY)
    assert evidence.ended_s > 0.4
