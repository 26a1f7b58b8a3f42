"""`run`: the whole system on this machine until Ctrl-C, with its data kept in a folder."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cashback_gateway.local import demo_data
from cashback_gateway.local.state import CHECKOUT, DEFAULT_FOLDER
from cashback_gateway.local.system import LocalSystem, RunningSystem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

    from cashback_gateway.local.state import LocalState

EXAMPLE = CHECKOUT / "examples" / "sale.json"


class StopSignals:
    """Counts how often a stop was asked; the second time means: now.

    With `with_parent`, the end of the parent process asks too: `make`, killed, tells nobody.
    """

    def __init__(self, *, with_parent: bool) -> None:
        self._count = 0
        self._parent = os.getppid() if with_parent else None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def asked(self) -> int:
        """Return how often, 0 while nobody did."""
        if self._count == 0 and self._parent is not None and os.getppid() != self._parent:
            self._count = 1
        return self._count

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._count += 1


def run(state: LocalState, environ: Mapping[str, str], *, with_parent: bool) -> int:
    """Start, tell where everything is, and keep it running. Returns the exit code.

    Raises what `LocalSystem.start` raises.
    """
    signals = StopSignals(with_parent=with_parent)
    began_s = time.monotonic()

    def tell(text: str) -> None:
        print(f"[{time.monotonic() - began_s:5.1f} s] {text}", flush=True)

    with LocalSystem(state, environ, tell=tell, stop_asked=signals.asked) as system:
        running = system.start()
        if running is not None:
            tell("everything is up")
            print(_welcome(running, state), flush=True)
            system.watch()
    tell("stopped; the data stays for the next start")
    return 0


def just_now() -> str:
    """An instant at which an example may have been sold."""
    return (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _welcome(running: RunningSystem, state: LocalState) -> str:
    launcher = _launcher(state)
    lines = [("Swagger UI", f"{running.api_url}/"), *_users(running, launcher)]
    lines.append(("Provider", running.provider_url))
    if running.ledger_url is not None:
        lines.append(("Credits", running.ledger_url))
    lines += [(f"Metrics, {name}", url) for name, url in running.metrics_urls.items()]
    lines.append(("Logs", str(state.logs)))
    told = "".join(f"\n  {name + ':' if name else '':<17}{what}".rstrip() for name, what in lines)
    return (
        f"{told}"
        "\n\nSend a sale from another terminal, as often as you like:\n\n"
        f"{_curl(running, launcher)}"
        "\n\nCtrl-C stops everything.\n"
    )


def _users(running: RunningSystem, launcher: str) -> list[tuple[str, str]]:
    """Who there is, each with a role, and what lets them in."""
    named = ", ".join(f"{name} ({role})" for name, role in demo_data.ROLES.items())
    lines = [("Users", named)]
    if running.new_password is not None:
        whose = "" if len(running.new_users) == len(demo_data.ROLES) else "of the new ones"
        lines.append((whose, f"password {running.new_password}  (shown this once)"))
    if len(running.new_users) < len(demo_data.ROLES):
        again = f"{launcher} users password NAME"
        lines.append(("", f"their password was shown once; a new one: {again}"))
    return lines


def _curl(running: RunningSystem, launcher: str) -> str:
    """Return a command whose every paste is another sale, with a token made as it is pasted."""
    sale = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    fresh = {"sold_at": "SOLD_AT", **sale, "sale_id": "SALE_ID"}
    body = json.dumps(fresh, ensure_ascii=True)
    # Told by the shell as it is pasted: an instant that stands here would be too old one day.
    body = body.replace("SALE_ID", "demo-'$(date +%s%N)'")
    body = body.replace("SOLD_AT", "'$(date -u +%Y-%m-%dT%H:%M:%SZ)'")
    return (
        f"curl -sS -w '\\n' {running.api_url}/api/cashbacks \\\n"
        f'  -H "Authorization: Bearer $({launcher} token demo | tail -n 1)" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d '{body}'"
    )


def _launcher(state: LocalState) -> str:
    """Return the command line's words for this state, from whatever folder it is pasted in."""
    script = CHECKOUT / "cashback"
    words = [str(script)] if script.exists() else [sys.executable, "-m", "cashback_gateway"]
    if state.folder != DEFAULT_FOLDER:
        words.append(f"--state={state.folder.absolute()}")
    return shlex.join(words)
