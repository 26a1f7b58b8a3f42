"""`reporting`: logins of the database for finance, who ask in SQL (docs/reporting.md)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from cashback_gateway.commands.as_platform import caller
from cashback_gateway.commands.parameters import Json, Slug
from cashback_gateway.commands.passwords import read_password_line, refuse_weak
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.readers import matching, read_by, read_path
from cashback_gateway.commands.refusals import ActRefusedError
from cashback_gateway.commands.tables import PrintedList, TableColumn, show_listing

_LOGIN: Final = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
Login = Annotated[
    str,
    matching(_LOGIN, "1 to 63 of a-z 0-9 _, a letter first: it is no login", "its name"),
]
_COLUMNS: Final = (
    TableColumn("login"),
    TableColumn("merchants", folds=True),
    TableColumn("created_at", "CREATED"),
)


def add(
    login: Login,
    /,
    *,
    merchant: Annotated[
        tuple[Slug, ...], Parameter(help="whose rows it sees; again for a further one")
    ],
    password_file: Annotated[
        Path | None, read_by(read_path, "its password; default: standard input")
    ] = None,
    here: Here,
) -> None:
    """Make a login that reads the views of `reporting`, or give it a merchant more."""
    from adapters.postgres.connection.reporting_logins import (
        ReportingLoginError,
        add_reporting_login,
    )
    from cashback_gateway.settings.secret_files import read_password

    if password_file is None:
        password = read_password_line()
        refuse_weak(password, login)
    else:
        password = read_password(password_file)
    with here.settings() as settings:
        try:
            added = add_reporting_login(
                settings.database.url, login, password, merchants=merchant, actor=caller().actor
            )
        except ReportingLoginError as error:
            raise ActRefusedError(str(error)) from error
    print(f"{login} may read the views of the schema reporting, of {', '.join(added.merchants)}")
    if added.harms:
        print(
            "Here it can stop every sale of every merchant, by what everybody may who connects"
            f" ({', '.join(added.harms[:3])}{', …' if len(added.harms) > 3 else ''}):"
            " `./cashback migrate` as a superuser takes that away; else give it a standby only"
            " (docs/reporting.md)"
        )
    else:
        print(
            "It locks nothing that sells. It can still use up the server it asks (memory, an open"
            " transaction, transaction numbers): if you do not trust whoever has it, give it a"
            " standby only (docs/reporting.md)"
        )


def remove(login: Login, /, *, here: Here) -> None:
    """End a login, and the sessions that it has."""
    from adapters.postgres.connection.reporting_logins import (
        Removed,
        ReportingLoginError,
        remove_reporting_login,
    )

    with here.settings() as settings:
        try:
            gone = remove_reporting_login(settings.database.url, login, actor=caller().actor)
        except ReportingLoginError as error:
            raise ActRefusedError(str(error)) from error
    match gone:
        case None:
            raise ActRefusedError(f"there is no reporting login {login!r}")
        case Removed.WHOLLY:
            print(f"{login} is no more, and its sessions have ended")
        case Removed.HERE:
            print(
                f"{login} connects to this database no more, and its sessions have ended; the login"
                " stays, for another database of this server knows it"
            )


def list_all(*, json: Json = False, here: Here) -> None:
    """List the logins, and whose rows each sees."""
    from adapters.postgres.connection.reporting_logins import reporting_logins

    with here.settings() as settings:
        found = reporting_logins(settings.database.url)
    records = [
        {"login": one.login, "merchants": one.merchants, "created_at": one.created_at}
        for one in found
    ]
    show_listing(PrintedList(records=records, columns=_COLUMNS, total=len(records)), as_json=json)
