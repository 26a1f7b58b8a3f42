"""The processes of the service, and what is started for a moment here."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cashback_gateway.commands.place import CHECKOUT, Here
from cashback_gateway.commands.readers import read_by, read_path
from cashback_gateway.commands.refusals import WrongUseError
from cashback_gateway.processes.logs import log_to_stderr
from cashback_gateway.settings.environment import read_settings
from cashback_gateway.settings.table import REQUIRED

if TYPE_CHECKING:
    from adapters.postgres.connection.sessions import DatabaseRole

_NAME = Parameter(help="also make this login, with the roles that it needs and no other")
_FILE = read_by(read_path, "its password")


def run(*, here: Here) -> int:
    """Run everything here."""
    from cashback_gateway.local.run import run as run_all

    return run_all(here.local, os.environ, with_parent=here.with_parent)


def serve() -> None:
    """Serve the API."""
    settings = read_settings(os.environ)
    log_to_stderr(settings.telemetry.log_format)
    from cashback_gateway.processes.api import serve as serve_api

    serve_api(settings)


def worker() -> None:
    """Deliver what is pending."""
    # It signs nothing.
    settings = read_settings(os.environ, needs=REQUIRED - {"CASHBACK_SIGNING_KEY_FILE"})
    log_to_stderr(settings.telemetry.log_format)
    from cashback_gateway.processes.worker import work

    work(settings)


def migrate(
    *,
    api_login: Annotated[str | None, _NAME] = None,
    api_password_file: Annotated[Path | None, _FILE] = None,
    worker_login: Annotated[str | None, _NAME] = None,
    worker_password_file: Annotated[Path | None, _FILE] = None,
    app_login: Annotated[str | None, _NAME] = None,
    app_password_file: Annotated[Path | None, _FILE] = None,
    here: Here,
) -> None:
    """Bring the schema up to date."""
    from adapters.postgres.connection.logins import ensure_app_login
    from adapters.postgres.connection.sessions import DatabaseRole
    from adapters.postgres.connection.startup_checks import API_ROLES, WORKER_ROLES
    from adapters.postgres.schema.migration import migrate as apply_migrations
    from cashback_gateway.settings.secret_files import read_password

    wanted: tuple[tuple[str | None, Path | None, tuple[DatabaseRole, ...]], ...] = (
        (api_login, api_password_file, tuple(API_ROLES)),
        (worker_login, worker_password_file, tuple(WORKER_ROLES)),
        (app_login, app_password_file, tuple(DatabaseRole)),
    )
    if any((name is None) is not (file is None) for name, file, _ in wanted):
        raise WrongUseError("a login takes its password's file, and a password's file its login")
    with here.settings() as settings:
        url = settings.database.url
        # Every password is looked at before anything is done.
        logins = [(name, read_password(file), roles) for name, file, roles in wanted if name]
        applied = apply_migrations(url)
        for name, password, roles in logins:
            ensure_app_login(url, name, password, roles=roles)
    print("\n".join(applied) or "nothing to do: the schema is up to date")


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text, re.ASCII) or not 0 < int(text) < 65_536:
        raise ValueError("not a port from 1 to 65535")
    return int(text)


def sandbox(
    *,
    host: str = "127.0.0.1",
    port: Annotated[int, read_by(_port)] = 8081,
    ledger: Annotated[Path | None, Parameter(help="default: in the state folder")] = None,
    idempotent: Annotated[bool, Parameter(help="a reference credits once")] = False,
    statement_reference: Annotated[
        bool, Parameter(help="the statement echoes our reference")
    ] = False,
    statement: Annotated[
        list[str] | None,
        Parameter(help="tell the statement so, a name of docs/sandbox.md; may be repeated"),
    ] = None,
    lines_of: Annotated[str | None, Parameter(help="tell only this customer's lines so")] = None,
    here: Here,
) -> None:
    """Serve a provider that only keeps a ledger."""
    from adapters.cashback_client.sandbox import (
        BadInstructionError,
        SandboxOptions,
        serve_sandbox,
    )
    from cashback_gateway.local.state import LocalStateError

    log_to_stderr(read_settings(os.environ, needs=()).telemetry.log_format)
    if ledger is None:
        here.local.prepare()
    kind = SandboxOptions(
        idempotent=idempotent,
        statement_reference=statement_reference,
        statement=tuple(statement or ()),
        lines_of=lines_of,
    )
    try:
        serve_sandbox(host, port, ledger or here.local.ledger, options=kind)
    except (OSError, BadInstructionError) as error:
        raise LocalStateError(f"the sandbox cannot start: {error}") from error


def demo(
    *,
    sale: Annotated[Path, Parameter(help="the sale that is sent")] = CHECKOUT
    / "examples"
    / "sale.json",
    here: Here,
) -> int:
    """Run everything for a moment, send one sale through it."""
    from cashback_gateway.local.demo import demo as show_demo

    return show_demo(sale, os.environ, with_parent=here.with_parent)
