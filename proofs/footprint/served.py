"""An API as it is served, on a database of its own, with or without a worker beside it."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from adapters.credentials.signing_key import create_signing_key
from adapters.postgres.schema.migration import migrate
from benchmarks.processes import CHECKOUT
from cashback_core.privacy.seals import new_erasure_key
from cashback_gateway.local import demo_data
from cashback_gateway.local.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.postgres.embedded import EmbeddedPostgres


def as_installed() -> str:
    """PYTHONPATH of a process that imports what the service is installed with, and no more."""
    return os.pathsep.join(str(CHECKOUT / part) for part in ("src", "proofs", "tests/service_only"))


def prepared(server: EmbeddedPostgres, name: str, folder: Path) -> tuple[dict[str, str], str]:
    """A migrated database of that name with the demo's merchant: what a process is started with.

    And the password of the demo's users.
    """
    dsn = server.create_database(name)
    password = secrets.token_urlsafe(12)
    migrate(dsn)
    demo_data.load(dsn, password)
    key = folder / "signing_key.pem"
    create_signing_key(key)
    environ = {
        **{name: value for name, value in os.environ.items() if "CASHBACK" not in name},
        "PYTHONPATH": as_installed(),
        "DATABASE_URL": dsn,
        "CASHBACK_HOST": "127.0.0.1",
        "CASHBACK_PORT": str(free_port("127.0.0.1")),
        "CASHBACK_SIGNING_KEY_FILE": str(key),
        "CASHBACK_ERASURE_KEY": new_erasure_key(),
        "CASHBACK_RATE_PER_S": "0",  # one client stands for many
    }
    return environ, password
