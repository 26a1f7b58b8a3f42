"""The command line: `python -m cashback_gateway`, or `./cashback` in a checkout.

Which commands there are stands in `command_table`. A command's module is imported when it is called
or helps, and only then.
"""

from __future__ import annotations

import inspect
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from cyclopts import App, CycloptsError, Parameter
from cyclopts.exceptions import UnusedCliTokensError

from cashback_gateway.commands.command_table import COMMANDS, GROUPS, Command
from cashback_gateway.commands.place import CHECKOUT, Workplace
from cashback_gateway.commands.readers import read_by, read_path
from cashback_gateway.commands.refusals import WrongUseError
from cashback_gateway.commands.streams import OutputFailedError, ReaderGoneError, standard_streams
from cashback_gateway.processes.collector import collect_rarely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from cashback_gateway.settings.environment import SettingsError

_ANY_WIDTH: Final = 1_000
_FAILED: Final = 1
_WRONG_USE: Final = 2

_HELP: Final = frozenset({"--help", "-h"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0 done, 1 failed, 2 wrong use or settings."""
    collect_rarely()
    tokens = sys.argv[1:] if arguments is None else [*arguments]
    try:
        with standard_streams():
            code = _launcher(helps=not _HELP.isdisjoint(tokens))(tokens)
    except ReaderGoneError:
        return 0
    except CycloptsError as error:
        name = " ".join(("cashback", *(error.command_chain or ())))
        print(f"usage: {name} --help tells what it takes", file=sys.stderr)
        print(f"{name}: error: {_wrong_use_words(error)}", file=sys.stderr)
        return _WRONG_USE
    except _settings_error() as error:
        print("These settings are refused (docs/settings.md lists them all):", file=sys.stderr)
        for violation in error.violations:
            print(f"  {violation}", file=sys.stderr)
        return _WRONG_USE
    except _known_failures() as error:
        print(f"error: {error}", file=sys.stderr)
        return _FAILED
    return code if isinstance(code, int) else 0


def _wrong_use_words(error: CycloptsError) -> str:
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        return f"it takes no {', '.join(map(repr, error.unused_tokens))}"
    return " ".join(str(error).split())


def make_app() -> App:
    """Every command, none of them imported yet."""
    app = App(
        name="cashback",
        help="Cashback Gateway. Settings come from the environment: docs/settings.md.",
        help_format="plaintext",
        help_formatter="default" if sys.stdout.isatty() else "plain",
        version=_version,
        default_parameter=Parameter(negative=(), validator=_refuse_empty),
        exit_on_error=False,
        print_error=False,
        result_action="return_value",
    )
    for command in COMMANDS:
        _register(app, command)
    for group in GROUPS:
        inner = App(name=group.name, help=group.what)
        for command in group.commands:
            _register(inner, command)
        app.command(inner)
    app.command(_completion, name="completion", help="print the completion of a shell")
    return app


def _refuse_empty(_: type, value: object) -> None:
    """A shell's variable that is not set is no choice of everything."""
    if value == "" or (isinstance(value, list) and "" in value):
        raise ValueError("An empty text is no value.")


def _register(app: App, command: Command) -> None:
    examples = "\n".join(f"  cashback {example}" for example in command.examples)
    app.command(
        f"cashback_gateway.commands.{command.does}",
        name=command.name,
        help=command.what,
        help_epilogue=f"For example:\n{examples}" if examples else None,
    )


def _launcher(*, helps: bool) -> App:
    app = make_app()
    if helps and not sys.stdout.isatty():
        app.console = _plain_console()

    @app.meta.default
    def launch(
        *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True, validator=())],
        state: Annotated[Path, read_by(read_path, "where `run` keeps its data")] = CHECKOUT / "var",
        end_with_stdin: Annotated[bool, Parameter(show=False)] = False,
        end_with_parent: Annotated[bool, Parameter(show=False)] = False,
    ) -> object:
        if end_with_stdin:
            threading.Thread(target=_stop_at_end_of_input, daemon=True).start()
        command, bound, ignored = app.parse_args(tokens)
        if not helps and getattr(command, "__func__", None) is App.help_print:
            raise CycloptsError("which command? --help lists them", command_chain=tokens)
        here = Workplace(state=state, with_parent=end_with_parent)
        place = {"here": here} if "here" in ignored else {}
        try:
            done = command(*bound.args, **bound.kwargs, **place)
            if not inspect.iscoroutine(done):
                return done
            import asyncio

            return asyncio.run(done)
        except WrongUseError as error:
            chain, _, _ = app.parse_commands(tokens)
            raise CycloptsError(str(error), command_chain=chain) from error

    return app.meta


def _plain_console() -> Console:
    from rich.console import Console

    return Console(width=_ANY_WIDTH, color_system=None)  # an example is one line


def _completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
    print(make_app().generate_completion(prog_name="cashback", shell=shell))


def _version() -> str:
    from cashback_core import __version__

    return __version__


def _settings_error() -> type[SettingsError]:
    from cashback_gateway.settings.environment import SettingsError

    return SettingsError


def _known_failures() -> tuple[type[Exception], ...]:
    """What is the user's to mend: one line says it, a traceback would only hide it."""
    import psycopg

    from adapters.credentials.signing_key import BadSigningKeyError
    from adapters.postgres.connection.startup_checks import UnsafeDatabase
    from adapters.postgres.embedded import EmbeddedPostgresError
    from adapters.postgres.identity.accounts import AccountError
    from adapters.postgres.schema.migration import SchemaMismatch
    from cashback_core.values.availability import StoreUnavailable
    from cashback_gateway.commands.refusals import ActRefusedError
    from cashback_gateway.local.state import LocalStateError
    from cashback_gateway.local.supervisor import PartFailedError
    from cashback_gateway.settings.secret_files import SecretsRefusedError

    return (
        AccountError,
        ActRefusedError,
        BadSigningKeyError,
        BrokenPipeError,  # not of standard output: that is ReaderGoneError
        EmbeddedPostgresError,
        LocalStateError,
        OutputFailedError,
        PartFailedError,
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
