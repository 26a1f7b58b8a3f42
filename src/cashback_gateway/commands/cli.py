"""The command line: `python -m cashback_gateway`, or `./cashback` in a checkout.

Each subcommand imports what it alone needs, so that `token` need not wait for a web framework.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cashback_gateway.commands import administration_options, operator_options
from cashback_gateway.processes.collector import collect_rarely
from cashback_gateway.processes.logs import log_to_stderr
from cashback_gateway.settings.environment import SettingsError, read_settings
from cashback_gateway.settings.table import REQUIRED, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cashback_gateway.commands.operators import Operate

T = TypeVar("T")

_FAILED = 1
_WRONG_USE = 2
_DATABASE = frozenset({"DATABASE_URL"})
_CHECKOUT = Path(__file__).resolve().parents[3]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand and return the exit code: 0 done, 1 failed, 2 wrong use or settings."""
    collect_rarely()
    options = _parser().parse_args(arguments)
    if options.end_with_stdin:
        threading.Thread(target=_stop_at_end_of_input, daemon=True).start()
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except SettingsError as error:
        print("These settings are refused (docs/settings.md lists them all):", file=sys.stderr)
        for violation in error.violations:
            print(f"  {violation}", file=sys.stderr)
        return _WRONG_USE
    except _known_failures() as error:
        print(f"error: {error}", file=sys.stderr)
        return _FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cashback",
        description="Cashback Gateway. Settings come from the environment: docs/settings.md.",
    )
    parser.add_argument("--end-with-stdin", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--end-with-parent", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument(
        "--state",
        type=Path,
        default=_CHECKOUT / "var",
        metavar="FOLDER",
        help="where `run` keeps its data (default: %(default)s)",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add(commands, "run", _run, "run everything here: database, sandbox provider, API, worker")
    _add(commands, "serve", _serve, "serve the API")
    _add(commands, "worker", _worker, "deliver what is pending to the provider")
    migrating = _add(commands, "migrate", _migrate, "bring the database's schema up to date")
    for kind, whose in (("api", "the API's"), ("worker", "the workers'"), ("app", "everybody's")):
        migrating.add_argument(
            f"--{kind}-login",
            metavar="NAME",
            help=f"also make {whose} login, with the roles that it needs and no other",
        )
        migrating.add_argument(
            f"--{kind}-password-file", type=Path, metavar="PATH", help="its password"
        )
    sandbox = _add(commands, "sandbox", _sandbox, "serve a provider that only keeps a ledger")
    sandbox.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    sandbox.add_argument("--port", type=_port, default=8081, help="default: %(default)s")
    sandbox.add_argument("--ledger", type=Path, metavar="PATH", help="default: in the state folder")
    sandbox.add_argument("--idempotent", action="store_true", help="a reference credits once")
    sandbox.add_argument(
        "--statement-reference", action="store_true", help="the statement echoes our reference"
    )
    sandbox.add_argument(
        "--statement",
        action="append",
        default=[],
        metavar="NAME",
        help="tell the statement so, a name of docs/sandbox.md; may be repeated",
    )
    sandbox.add_argument(
        "--lines-of", metavar="DOCUMENT", help="tell only this customer's lines so"
    )
    demo = _add(commands, "demo", _demo, "run everything for a moment, send one sale through it")
    demo.add_argument(
        "--sale", type=Path, default=_CHECKOUT / "examples" / "sale.json", metavar="PATH"
    )
    operator_options.declare(partial(_add_operating, commands))
    reconciling = _add(
        commands, "reconcile", _reconcile, "hold the provider's statement against our book, now"
    )
    reconciling.add_argument(
        "--from",
        dest="since",
        required=True,
        metavar="INSTANT",
        help="from when on: 2026-01-31, or 2026-01-31T00:00:00Z",
    )
    sender = commands.add_parser(
        "sender", help="tell whether anything is sent, pause and release it"
    ).add_subparsers(title="commands", metavar="COMMAND", required=True)
    operator_options.declare_sender(partial(_add_operating, sender))
    kept = _add(commands, "secrets", _secrets, "make or check the secret files of a deployment")
    kept.add_argument("what", choices=("make", "check", "demo"), help="demo: make, for the demo")
    kept.add_argument("folder", type=Path, metavar="FOLDER")
    kept.add_argument(
        "--owner",
        type=_user,
        metavar="UID",
        help="whom they are made for, such as 10001, the containers' user; needs root",
    )
    _add(
        commands,
        "demo-data",
        _demo_data,
        "add the demo's merchant, and a user of each role with a password",
    )
    _add(commands, "doctor", _doctor, "check database, provider, clock and backlog, say what to do")
    for name, what, declare in (
        ("merchants", "manage merchants", administration_options.declare_merchants),
        ("product-types", "manage product types", administration_options.declare_product_types),
        ("stops", "stop a type or a merchant at once", administration_options.declare_stops),
        ("clients", "manage API clients", administration_options.declare_clients),
    ):
        group = commands.add_parser(name, help=what).add_subparsers(
            title="commands", metavar="COMMAND", required=True
        )
        declare(partial(_add_operating, group))
    users = commands.add_parser("users", help="manage users").add_subparsers(
        title="commands", metavar="COMMAND", required=True
    )
    added = _add(users, "add", _users_add, "add a user, the password on standard input")
    added.add_argument("name", metavar="NAME")
    added.add_argument("--merchant", metavar="SLUG", help="whom the user acts for")
    added.add_argument(
        "--role", required=True, help="erp, analyst, operator, admin or, without merchant, platform"
    )
    changed = _add(users, "password", _users_password, "set a password from standard input")
    changed.add_argument("name", metavar="NAME")
    keys = commands.add_parser("keys", help="make signing keys").add_subparsers(
        title="commands", metavar="COMMAND", required=True
    )
    made = _add(keys, "new", _keys_new, "make a key that signs tokens, in a new file")
    made.add_argument("path", type=Path, metavar="PATH")
    token = _add(commands, "token", _token, "print an access token, alone on the last line")
    token.add_argument("name", metavar="NAME")
    return parser


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    command: Callable[[argparse.Namespace], int],
    what: str,
) -> argparse.ArgumentParser:
    added = commands.add_parser(name, help=what, description=what)
    added.set_defaults(command=command)
    return added


def _add_operating(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    operate: Operate,
    what: str,
) -> argparse.ArgumentParser:
    added = _add(commands, name, _operate, what)
    added.set_defaults(operate=operate)
    return added


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) < 65_536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")
    return int(text)


def _user(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a user's number")
    return int(text)


def _run(options: argparse.Namespace) -> int:
    from cashback_gateway.local.run import run
    from cashback_gateway.local.state import LocalState

    return run(LocalState(folder=options.state), os.environ, with_parent=options.end_with_parent)


def _serve(_: argparse.Namespace) -> int:
    settings = read_settings(os.environ)
    log_to_stderr(settings.telemetry.log_format)
    from cashback_gateway.processes.api import serve

    serve(settings)
    return 0


def _worker(_: argparse.Namespace) -> int:
    # It signs nothing.
    settings = read_settings(os.environ, needs=REQUIRED - {"CASHBACK_SIGNING_KEY_FILE"})
    log_to_stderr(settings.telemetry.log_format)
    from cashback_gateway.processes.worker import work

    work(settings)
    return 0


def _migrate(options: argparse.Namespace) -> int:
    from adapters.postgres.connection.logins import ensure_app_login
    from adapters.postgres.connection.sessions import DatabaseRole
    from adapters.postgres.connection.startup_checks import API_ROLES, WORKER_ROLES
    from adapters.postgres.schema.migration import migrate
    from cashback_gateway.commands.secrets import read_password

    wanted = (
        (options.api_login, options.api_password_file, API_ROLES),
        (options.worker_login, options.worker_password_file, WORKER_ROLES),
        (options.app_login, options.app_password_file, tuple(DatabaseRole)),
    )

    def apply(settings: Settings) -> list[str]:
        url = settings.database.url
        # Every password is looked at before anything is done.
        logins = [(name, read_password(file), roles) for name, file, roles in wanted if name]
        applied = migrate(url)
        for name, password, roles in logins:
            ensure_app_login(url, name, password, roles=roles)
        return applied

    applied = _beside_a_run(options, _DATABASE, apply)
    print("\n".join(applied) or "nothing to do: the schema is up to date")
    return 0


def _sandbox(options: argparse.Namespace) -> int:
    from adapters.cashback_client.sandbox import (
        BadInstructionError,
        SandboxOptions,
        serve_sandbox,
    )
    from cashback_gateway.local.state import LocalState, LocalStateError

    log_to_stderr(read_settings(os.environ, needs=()).telemetry.log_format)
    state = LocalState(folder=options.state)
    if options.ledger is None:
        state.prepare()
    kind = SandboxOptions(
        idempotent=options.idempotent,
        statement_reference=options.statement_reference,
        statement=tuple(options.statement),
        lines_of=options.lines_of,
    )
    try:
        serve_sandbox(options.host, options.port, options.ledger or state.ledger, options=kind)
    except (OSError, BadInstructionError) as error:
        raise LocalStateError(f"the sandbox cannot start: {error}") from error
    return 0


def _demo(options: argparse.Namespace) -> int:
    from cashback_gateway.local.demo import demo

    return demo(options.sale, os.environ, with_parent=options.end_with_parent)


def _users_add(options: argparse.Namespace) -> int:
    from cashback_gateway.commands.accounts import add_user

    def add(settings: Settings) -> None:
        add_user(settings, options.name, merchant=options.merchant, role=options.role)

    _beside_a_run(options, _DATABASE, add)
    place = "for the platform" if options.merchant is None else f"for merchant {options.merchant}"
    print(f"user {options.name} may log in {place} as {options.role}")
    return 0


def _keys_new(options: argparse.Namespace) -> int:
    from adapters.credentials.signing_key import (
        BadSigningKeyError,
        create_signing_key,
        load_signing_key,
    )

    try:
        create_signing_key(options.path)
    except OSError as error:
        raise BadSigningKeyError(f"{options.path} cannot be made: {error.strerror}") from error
    print(load_signing_key(options.path).id)
    return 0


def _users_password(options: argparse.Namespace) -> int:
    from cashback_gateway.commands.accounts import set_password

    def change(settings: Settings) -> None:
        set_password(settings, options.name)

    _beside_a_run(options, _DATABASE, change)
    print(f"user {options.name} has a new password")
    return 0


def _operate(options: argparse.Namespace) -> int:
    from cashback_gateway.commands.operators import operate

    def act(settings: Settings) -> None:
        operate(settings, options)

    _beside_a_run(options, _DATABASE, act)
    return 0


def _reconcile(options: argparse.Namespace) -> int:
    from cashback_gateway.commands.reconcile import parse_start, reconcile

    since = parse_start(options.since)

    def run(settings: Settings) -> str:
        log_to_stderr(settings.telemetry.log_format)
        return reconcile(settings, since)

    needs = _DATABASE | {"CASHBACK_PROVIDER_URL", "CASHBACK_ERASURE_KEY"}
    print(_beside_a_run(options, needs, run))
    return 0


def _secrets(options: argparse.Namespace) -> int:
    from cashback_gateway.commands.secrets import check_secrets, make_secrets

    demo = options.what == "demo"
    if options.what != "check":
        try:
            made = make_secrets(options.folder, demo=demo, owner=options.owner)
        except OSError as error:
            print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
            return _FAILED
        print("\n".join(f"made {name}" for name in made) or "nothing to make: all are there")
    check_secrets(options.folder, demo=demo)
    return 0


def _demo_data(options: argparse.Namespace) -> int:
    import secrets

    from cashback_gateway.local import demo_data

    password = secrets.token_urlsafe(12)

    def load(settings: Settings) -> list[str]:
        return demo_data.load(settings.database.url, password)

    new = _beside_a_run(options, _DATABASE, load)
    for name, role in demo_data.ROLES.items():
        if name in new:
            print(f"user {name}, password {password}, role {role}")
        else:
            print(f"user {name} is there; `users password {name}` gives another password")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from cashback_gateway.commands.doctor import examine
    from cashback_gateway.local.state import LocalState

    running = LocalState(folder=options.state).running()

    def look(settings: Settings) -> int:
        return examine(settings, running)

    return _beside_a_run(options, _DATABASE, look)


def _token(options: argparse.Namespace) -> int:
    from cashback_gateway.commands.accounts import access_token

    def issue(settings: Settings) -> str:
        return access_token(settings, options.name)

    print(_beside_a_run(options, _DATABASE | {"CASHBACK_SIGNING_KEY_FILE"}, issue))
    return 0


def _beside_a_run(
    options: argparse.Namespace, needs: frozenset[str], work: Callable[[Settings], T]
) -> T:
    from cashback_gateway.local.state import LocalState, completed_environment

    with completed_environment(os.environ, LocalState(folder=options.state)) as environ:
        return work(read_settings(environ, needs=needs))


def _known_failures() -> tuple[type[Exception], ...]:
    """What is the user's to mend: one line says it, a traceback would only hide it."""
    import psycopg

    from adapters.credentials.signing_key import BadSigningKeyError
    from adapters.postgres.connection.startup_checks import UnsafeDatabase
    from adapters.postgres.embedded import EmbeddedPostgresError
    from adapters.postgres.identity.accounts import AccountError
    from adapters.postgres.schema.migration import SchemaMismatch
    from cashback_core.values.availability import StoreUnavailable
    from cashback_gateway.commands.operators import ActRefusedError
    from cashback_gateway.commands.reconcile import ReconcileRefusedError
    from cashback_gateway.commands.secrets import SecretsRefusedError
    from cashback_gateway.local.state import LocalStateError
    from cashback_gateway.local.supervisor import PartFailedError

    return (
        AccountError,
        ActRefusedError,
        BadSigningKeyError,
        EmbeddedPostgresError,
        LocalStateError,
        PartFailedError,
        ReconcileRefusedError,
        SchemaMismatch,
        SecretsRefusedError,
        StoreUnavailable,
        UnsafeDatabase,
        psycopg.OperationalError,
        psycopg.errors.InsufficientPrivilege,  # the login may not do this
    )


def _stop_at_end_of_input() -> None:
    """Stop when whoever started this process is gone; see ProcessPart."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
