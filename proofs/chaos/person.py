"""The person of the platform who looks at incidents, rings the provider up, and explains them.

What the provider's books do not show, such as a line that is only told so, is left to stand until a
later statement; so is a second credit, which keeps nobody waiting. A risk is never accepted.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final
from urllib.error import HTTPError

from chaos.account import FOREIGN
from chaos.calls import call
from chaos.ledgers import at_of, centavos_of, read_provider
from chaos.system import APIS, PASSWORD, PLATFORM_USER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from chaos.ledgers import Credit
    from chaos.system import System

_LOOK_S: Final = 0.5


@dataclass(slots=True, kw_only=True)
class Person:
    """Looks again and again; `said` counts what was explained, by its meaning."""

    system: System
    said: Counter[str] = field(default_factory=Counter[str])
    _token: str = ""
    _url: str = ""

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop; an API that is down is asked again later."""
        for name in itertools.cycle(APIS):
            if stop.is_set():
                return
            self._url = self.system.url(name)
            await asyncio.to_thread(self._look)
            await asyncio.sleep(_LOOK_S)

    def _look(self) -> None:
        try:
            standing = list(self._standing())
            if not standing:
                return
            books = read_provider(self.system.url("sandbox"))
            by_instant = {credit.at: credit for credit in books}
            paid = {credit.reference for credit in books}
            for incident in standing:
                said = _explanation(incident, by_instant, paid)
                if said is not None:
                    body = {"reason": "the provider told us so", "dry_run": False} | said
                    self._ask(f"/api/incidents/{incident['id']}/explain", body)
                    self.said[said["meaning"]] += 1
        except HTTPError as error:
            if error.code not in {401, 404, 409, 503}:
                raise
            self._token = "" if error.code == 401 else self._token
        except (OSError, HTTPException, ValueError):
            return  # killed, frozen or without a database: there is a next time

    def _standing(self) -> Iterator[Mapping[str, Any]]:
        query = "/api/incidents?limit=200"
        page = self._ask(query)
        yield from page["items"]
        while page["next_cursor"] is not None:
            page = self._ask(f"{query}&cursor={page['next_cursor']}")
            yield from page["items"]

    def _ask(self, path: str, body: object = None) -> Any:
        if not self._token:
            login = {"username": PLATFORM_USER, "password": PASSWORD}
            self._token = call(self._url + "/api/token", login)["access"]
        return call(self._url + path, body, headers={"Authorization": f"Bearer {self._token}"})


def _explanation(
    incident: Mapping[str, Any], by_instant: Mapping[datetime, Credit], paid: set[str]
) -> dict[str, str] | None:
    """What the provider's books say of an incident, if they say anything that ends it."""
    if incident["class"] == "applied_absent":
        return None if incident["cashback_id"] in paid else {"meaning": "known_absent"}
    if incident["credited_at"] is None:
        return None
    credit = by_instant.get(at_of(incident["credited_at"]))
    if credit is None or credit.group[1] != centavos_of(incident["amount"]):
        return None
    return {"meaning": "foreign"} if credit.reference.startswith(FOREIGN) else None
