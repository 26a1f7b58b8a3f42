"""What a kit's gateways are set to, and who may log in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.people.roles import Role
from cashback_gateway.local.demo import OWN
from cashback_gateway.local.demo_data import ROLES
from cashback_gateway.settings.declaration import file_name
from cashback_gateway.settings.environment import read_settings
from cashback_kit.system import LogInName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cashback_gateway.settings.table import Settings

DEFAULTS: Final[Mapping[str, str]] = {
    # One test's misbehaving provider must not stop the sending of the next one's sale.
    "CASHBACK_BREAKER_FAILURES": "1000",
    "CASHBACK_BREAKER_UNKNOWNS": "1000",
}
"""Set unless a test sets them itself; all else is as docs/settings.md says."""

REAL_TIME: Final[Mapping[str, str]] = {
    "CASHBACK_BACKOFF_BASE_S": "0.1",
    "CASHBACK_BACKOFF_MAX_S": "1",
}
"""Of running gateways: a test waits for what is sent again."""

IN_PROCESS: Final[Mapping[str, str]] = {"CASHBACK_WAIT_S": "0.25"}
"""Of doubles: what takes the provider's time waits for the test's turn, and its request with it."""


class ForeignPlaceError(ValueError):
    """A test's settings name a database, a provider or a key that is not the kit's own."""


def given(settings: Mapping[str, str]) -> dict[str, str]:
    """A test's settings over the kit's; never of the environment.

    Raises ForeignPlaceError: what a test does must reach no real provider and no kept database.
    """
    own = sorted(settings.keys() & {*OWN, *map(file_name, OWN)})
    if own:
        raise ForeignPlaceError(f"a kit's gateway has its own: {', '.join(own)}")
    return {**DEFAULTS, **settings}


def kit_settings(settings: Mapping[str, str]) -> Settings:
    """As a double reads them. Raises SettingsError and ForeignPlaceError."""
    return read_settings({**IN_PROCESS, **given(settings)}, needs=())


def users_of_roles(password: str) -> dict[Role, LogInName]:
    """The demo's users, who all have that password."""
    return {
        Role(role): LogInName(username=username, password=password)
        for username, role in ROLES.items()
    }
