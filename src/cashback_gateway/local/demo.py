"""`demo`: the whole system on free ports and throwaway data, and one sale through it."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from cashback_gateway.local import demo_data
from cashback_gateway.local.ports import free_port
from cashback_gateway.local.run import StopSignals, just_now
from cashback_gateway.local.state import LocalState, LocalStateError
from cashback_gateway.local.system import LocalSystem
from cashback_gateway.settings.database import DatabaseSettings
from cashback_gateway.settings.declaration import declared_in, file_name
from cashback_gateway.settings.provider import ProviderSettings, WaySettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HOST = "127.0.0.1"
_SETTLED_S = 60.0
_OPEN = {"pending", "sending"}
# The demo brings its own of each: it must neither touch the user's data nor pay at a provider.
OWN: Final = (
    *(
        each.name
        for cls in (DatabaseSettings, ProviderSettings, WaySettings)
        for each in declared_in(cls).values()
    ),
    "CASHBACK_HOST",
    "CASHBACK_PORT",
    "CASHBACK_SIGNING_KEY_FILE",
    "CASHBACK_METRICS_PORT",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    body: Any


def demo(sale_file: Path, environ: Mapping[str, str], *, with_parent: bool) -> int:
    """Send the sale with a fresh sale_id, sold now if it tells no instant, and show its end.

    Returns 0 only if the sandbox provider's ledger holds that very credit, once. Raises
    LocalStateError for a file that is no JSON object, and what `LocalSystem.start` raises.
    """
    told = _read_sale(sale_file)
    sale = {"sold_at": just_now(), **told, "sale_id": f"demo-{secrets.token_hex(8)}"}
    signals = StopSignals(with_parent=with_parent)
    with tempfile.TemporaryDirectory(prefix="cashback-demo-") as folder:
        if os.geteuid() == 0:
            Path(folder).chmod(0o711)  # the account that runs the database must get through
        environ = {
            **without_own(environ),
            "CASHBACK_HOST": _HOST,
            "CASHBACK_PORT": str(free_port(_HOST)),
            "CASHBACK_METRICS_PORT": "0",
        }
        state = LocalState(folder=Path(folder) / "state", throwaway=True)
        with LocalSystem(state, environ, tell=_tell, stop_asked=signals.asked) as system:
            running = system.start()
            if running is None or running.new_password is None or running.ledger_url is None:
                _tell("stopped before the sale was sent")
                return 1
            return _send(sale, running.api_url, running.ledger_url, running.new_password)


def without_own(environ: Mapping[str, str]) -> dict[str, str]:
    """What the demo takes over of the user's environment."""
    own = {*OWN, *map(file_name, OWN)}
    return {name: value for name, value in environ.items() if name not in own}


def _read_sale(file: Path) -> dict[str, Any]:
    try:
        sale = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LocalStateError(f"{file} is not a sale in JSON: {error}") from error
    if not isinstance(sale, dict):
        raise LocalStateError(f"{file} is not a sale: a JSON object is expected")
    return cast("dict[str, Any]", sale)


def _send(sale: dict[str, Any], api_url: str, ledger_url: str, password: str) -> int:
    login = _call(
        "POST", f"{api_url}/api/token", {"username": demo_data.USERNAME, "password": password}
    )
    token = str(login.body["access"])
    _tell("sending the sale")
    _show("POST /api/cashbacks", sale)
    answer = _call("POST", f"{api_url}/api/cashbacks", sale, token)
    _show(f"answer {answer.status}", answer.body)
    if answer.status not in {201, 202}:
        _tell("the sale was refused")
        return 1
    stored = _settled(f"{api_url}/api/cashbacks/{answer.body['id']}", token)
    _show(f"GET /api/cashbacks/{answer.body['id']}", stored)
    credits_there = _call("GET", ledger_url).body["credits"]
    _show("the sandbox provider's ledger", credits_there)
    if not is_credited_once(stored, credits_there):
        _tell(f"{stored['status']}: the ledger does not hold that very credit, once and alone")
        return 1
    _tell(f"applied: the provider credited {stored['cashback']} once")
    return 0


def is_credited_once(record: Mapping[str, Any], credits_there: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a record is applied and the ledger holds its credit, to the cent, and no other.

    Both spell money with two decimals and documents alike, so texts are compared.
    """
    found = [(credit["document"], credit["cashback"]) for credit in credits_there]
    customer: Mapping[str, Any] = record["customer"] or {}  # nobody is paid nothing
    expected = (customer.get("document"), record["cashback"])
    return record["status"] == "applied" and found == [expected]


def _settled(url: str, token: str) -> dict[str, Any]:
    """Return the stored record once its delivery is over, or as it is after a minute."""
    deadline = time.monotonic() + _SETTLED_S
    while True:
        record: dict[str, Any] = _call("GET", url, None, token).body
        if record["status"] not in _OPEN or time.monotonic() > deadline:
            return record
        time.sleep(0.2)


def _call(method: str, url: str, body: object = None, token: str | None = None) -> _Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=90)
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    try:
        content = None if body is None else json.dumps(body)
        connection.request(method, parts.path, body=content, headers=headers)
        answer = connection.getresponse()
        return _Answer(status=answer.status, body=json.loads(answer.read()))
    finally:
        connection.close()


def _show(title: str, content: object) -> None:
    print(f"\n{title}\n{json.dumps(content, indent=2, ensure_ascii=False)}\n", flush=True)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
