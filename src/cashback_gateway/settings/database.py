"""The settings of the database."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from cashback_gateway.settings import kinds
from cashback_gateway.settings.declaration import concern, required, setting
from cashback_gateway.settings.rules import Rule

if TYPE_CHECKING:
    from pathlib import Path

    from cashback_core.privacy.seals import Seal


def with_password(url: str, password: str) -> str | None:
    """A libpq URL with the password that came apart from it; None unless it names a user alone."""
    # By hand: of several hosts urlsplit takes none in brackets but the first.
    scheme, mark, rest = url.partition("://")
    end = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    user, at, address = rest[:end].rpartition("@")
    if not at or ":" in user:
        return None
    return f"{scheme}{mark}{user}:{quote(password, safe='')}@{address}{rest[end:]}"


def _fits(password: str, url: str) -> bool:
    return not url or with_password(url, password) is not None


@concern
class DatabaseSettings:
    """The database.

    `given_url` may lack the password; `url` has it. `seal` is None where a command has no use
    for the erasure key.
    """

    given_url: str = required("DATABASE_URL", kinds.DATABASE_URL, blank="")
    """The PostgreSQL (15 or newer) that keeps everything; of several hosts, divided by commas,
    the one that takes writes; without it `run` starts the embedded one.
    """
    password: str | None = setting(
        "CASHBACK_DATABASE_PASSWORD",
        kinds.STRONG_PASSWORD,
        default=None,
        rule=Rule(
            other="DATABASE_URL",
            holds=_fits,
            broken="is given; expected a user and no password in {other}",
        ),
    )
    """The password of the user in `DATABASE_URL`, which then holds none."""
    connections: int = setting("CASHBACK_DATABASE_CONNECTIONS", kinds.whole(2, 100), default=8)
    """Most connections of one process to PostgreSQL."""
    state_file: Path | None = setting(
        "CASHBACK_DATABASE_STATE_FILE", kinds.WRITABLE_FILE, default=None
    )
    """Where it is noted, outside the database, how far the database had come; after a restore
    or failover that may have lost something the sender then is paused.
    """
    seal: Seal | None = required("CASHBACK_ERASURE_KEY", kinds.ERASURE_KEY, blank=None)
    """The key by which sales and lines of erased customers are still known; the same for every
    process, never replaced, kept apart from the database's backups (docs/operations.md); `run`
    makes one for local use.
    """

    @property
    def url(self) -> str:
        """A libpq URL with its password; empty where a command has no use for it."""
        if self.password is None:
            return self.given_url
        return with_password(self.given_url, self.password) or self.given_url
