"""A running gateway of a test's own: PostgreSQL, sandbox provider, API and worker."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from cashback_gateway.local.ports import free_port
from cashback_gateway.local.state import LocalState
from cashback_gateway.local.system import LocalSystem
from cashback_kit.kit_settings import REAL_TIME, given, users_of_roles
from cashback_kit.provider_control import ProviderControl
from cashback_kit.system import MOVING, CashbackSystem, NotSettledError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from uuid import UUID

    from cashback_gateway.local.system import RunningSystem

SETTLES_S: Final = 60.0
_HOST: Final = "127.0.0.1"
_LOOK_S: Final = 0.05
_PATIENCE_S: Final = 90.0

_log = logging.getLogger(__name__)


class RunningGateway(CashbackSystem):
    """Real processes and real time, one for all tests of a run: each has customers of its own."""

    def __init__(self, running: RunningSystem) -> None:
        assert running.new_password is not None
        assert running.ledger_url is not None
        super().__init__(users_of_roles(running.new_password))
        self._url = running.api_url
        self._provider = httpx.Client(base_url=running.provider_url, trust_env=False)
        self.provider = ProviderControl(self._ask_provider)

    @property
    def base_url(self) -> str:
        """See CashbackSystem."""
        return self._url

    def settled(self, cashback_id: UUID | str, *, timeout_s: float | None = None) -> dict[str, Any]:
        """See CashbackSystem."""
        over_s = time.monotonic() + (SETTLES_S if timeout_s is None else timeout_s)
        while (record := self.record(cashback_id))["status"] in MOVING:
            if time.monotonic() > over_s:
                raise NotSettledError(f"{cashback_id} is still {record['status']}")
            time.sleep(_LOOK_S)
        return record

    def close(self) -> None:
        """Hang up; the processes are ended by whoever started them."""
        self.close_clients()
        self._provider.close()

    def _now_s(self) -> float:
        return time.monotonic()

    def _client(self, auth: httpx.Auth | None) -> httpx.Client:
        return httpx.Client(base_url=self._url, auth=auth, timeout=_PATIENCE_S, trust_env=False)

    def _async_client(self, auth: httpx.Auth | None) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self._url, auth=auth, timeout=_PATIENCE_S, trust_env=False
        )

    def _ask_provider(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        answer = self._provider.request(method, path, json=body)
        told = json.loads(answer.content)
        if not answer.is_success:
            raise ValueError(told["message"])
        return told


@contextmanager
def started_gateway(settings: Mapping[str, str]) -> Generator[RunningGateway, None, None]:
    """One in a temporary folder, of which nothing is left.

    Raises ForeignPlaceError, SettingsError, and what `LocalSystem.start` raises.
    """
    own = given(settings)
    with tempfile.TemporaryDirectory(prefix="cashback-kit-") as folder:
        if os.geteuid() == 0:
            Path(folder).chmod(0o711)  # the account that runs the database must get through
        environ = {
            **without_gateways(os.environ),
            **REAL_TIME,
            **own,
            "CASHBACK_HOST": _HOST,
            "CASHBACK_PORT": str(free_port(_HOST)),
            "CASHBACK_METRICS_PORT": "0",
        }
        state = LocalState(folder=Path(folder) / "state", throwaway=True)
        with LocalSystem(state, environ, tell=_log.info, stop_asked=lambda: 0) as system:
            running = system.start()
            assert running is not None, "nobody asks it to stop"
            gateway = RunningGateway(running)
            try:
                yield gateway
            finally:
                gateway.close()


def without_gateways(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what another gateway of this machine is set to."""
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith("CASHBACK_") and name != "DATABASE_URL"
    }
