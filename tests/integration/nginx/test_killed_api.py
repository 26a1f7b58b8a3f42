"""One of two real APIs is killed under load: no read fails, no sale is lost, none is paid twice."""

from __future__ import annotations

import itertools
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import pytest

from integration.journeys import fresh_cpf, sale
from integration.nginx import two_apis
from integration.nginx.two_apis import behind_nginx
from integration.running import Gateway, running_gateway

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.nginx

KILLS: Final = 3
SOON: Final = {"CASHBACK_DEADLINE_S": "2", "CASHBACK_LEASE_S": "4", "CASHBACK_REAPER_S": "0.5"}
"""So that what the killed one was sending is soon put in doubt."""
UNCERTAIN: Final = {502, 504}
"""The answer was lost, and says so: the client repeats the sale under its name."""


class Load:
    """What clients saw, by kind of request."""

    def __init__(self, entrance: Gateway, known_id: str) -> None:
        self.entrance = entrance
        self.known_id = known_id
        self.over = threading.Event()
        self.reads: Counter[int] = Counter()
        self.first_answers: Counter[int] = Counter()
        self.documents: list[str] = []

    def read(self) -> None:
        paths = (f"/api/cashbacks/{self.known_id}", "/api/cashbacks?limit=5")
        for path in itertools.cycle(paths):
            if self.over.is_set():
                return
            self.reads[self.entrance.request("GET", path).status] += 1

    def sell(self) -> None:
        while not self.over.is_set():
            document = fresh_cpf()
            body, key = sale(document), str(uuid4())
            reply = self.entrance.submit(body, Idempotency_Key=key)
            self.first_answers[reply.status] += 1
            while reply.status in UNCERTAIN:
                reply = self.entrance.submit(body, Idempotency_Key=key)
            assert reply.status in {201, 202}, reply.body
            self.documents.append(document)


def test_a_killed_api_fails_no_read_and_loses_or_doubles_no_sale(dsn: str, tmp_path: Path) -> None:
    with running_gateway(dsn, tmp_path, **SOON) as gateway:
        with behind_nginx(gateway) as entrance:
            load = Load(entrance, entrance.submit(sale()).json["id"])
            run(load, lambda: kill_again_and_again(gateway))

        assert set(load.reads) == {200}
        assert load.reads[200] > 100
        assert set(load.first_answers) <= {201, 202, *UNCERTAIN}
        assert len(load.documents) > 50
        wait_until_nothing_is_open(gateway)
        paid = Counter(credit["document"] for credit in gateway.credits())
        assert max(paid.values()) == 1
        (row,) = gateway.rows("select count(*), count(distinct cashback_id) from cashbacks")
        assert row[0] == row[1] == len(load.documents) + 1


def run(load: Load, disturb: Callable[[], None]) -> None:
    with ThreadPoolExecutor(8) as pool:
        working = [pool.submit(work) for work in [load.read, load.sell] * 4]
        try:
            disturb()
        finally:
            load.over.set()
        for one in working:
            one.result()


def kill_again_and_again(gateway: Gateway) -> None:
    for _ in range(KILLS):
        time.sleep(1.0)  # of load
        killed = gateway.processes[two_apis.NAME]
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        time.sleep(1.0)
        two_apis.start_second(gateway)


def wait_until_nothing_is_open(gateway: Gateway) -> None:
    """What the killed one was sending is put in doubt by the reaper, everything else is paid."""
    deadline = time.monotonic() + 60
    while True:
        rows = dict(gateway.rows("select status::text, count(*) from cashbacks group by 1"))
        if set(rows) <= {"applied", "in_doubt"}:
            return
        assert time.monotonic() < deadline, rows
        time.sleep(0.1)
