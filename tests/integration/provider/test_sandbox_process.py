"""The sandbox as a process of its own, killed and started again."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from integration.provider.scripted_provider import until

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

PATH = "/api/mock/Cashback"


def test_the_process_keeps_its_ledger_through_kill_9_and_ends_gracefully(tmp_path: Path) -> None:
    ledger_path = tmp_path / "deep" / "ledger.jsonl"
    with sandbox_process(ledger_path) as (process, url):
        for number in range(1, 4):
            credit(url, f"{number}.00")
        process.kill()
        process.wait(10)
    # A kill in the middle of a write leaves a torn line, for which nobody got an answer.
    with ledger_path.open("ab") as file:
        file.write(b'{"seq":4,"at":"2026')
    with sandbox_process(ledger_path) as (process, url):
        credit(url, "4.00")
        ledger = fetch(f"{url}/ledger")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert [row["cashback"] for row in ledger["credits"]] == ["1.00", "2.00", "3.00", "4.00"]
    assert [row["seq"] for row in ledger["credits"]] == [1, 2, 3, 4]
    assert len(ledger_path.read_bytes().splitlines()) == 4


@contextmanager
def sandbox_process(
    ledger_path: Path,
) -> Generator[tuple[subprocess.Popen[bytes], str], None, None]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    code = (
        "import sys; from pathlib import Path\n"
        "from adapters.cashback_client.sandbox import serve_sandbox\n"
        "serve_sandbox('127.0.0.1', int(sys.argv[1]), Path(sys.argv[2]))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(port), str(ledger_path)])
    try:
        url = f"http://127.0.0.1:{port}"
        asyncio.run(until(lambda: is_live(process, url), within_s=30))
        yield process, url
    finally:
        process.kill()
        process.wait(10)


def is_live(process: subprocess.Popen[bytes], url: str) -> bool:
    assert process.poll() is None, "the sandbox ended"
    try:
        return bool(fetch(f"{url}/health/live") == {"status": "live"})
    except urllib.error.URLError:
        return False


def credit(url: str, cashback: str) -> None:
    body = json.dumps({"document": "52998224725", "cashback": cashback}).encode()
    assert fetch(f"{url}{PATH}", body)["cashback"] == cashback


def fetch(url: str, body: bytes | None = None) -> Any:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
        urllib.request.Request(url, data=body), timeout=10
    ) as response:
        return json.load(response)
