"""Reconciling from the command line: days of one's choice, now, and the totals of each class."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from cashback_core.reconciliation.schedule import RunKind
from cashback_core.reconciliation.statements import StatementUnavailable
from cashback_core.values.instants import NoSuchInstant, NotAnInstant, format_instant, parse_instant
from cashback_core.values.money import format_centavos
from cashback_gateway.commands.parameters import ONE_MERCHANT, Json
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.readers import read_by, read_day
from cashback_gateway.commands.reconcile_day import compare_day, show_day
from cashback_gateway.commands.refusals import ActRefusedError, WrongUseError
from cashback_gateway.commands.tables import PrintedList, TableColumn, show_listing
from cashback_gateway.processes.logs import log_to_stderr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cashback_core.reconciliation.statement_run import RunResult
    from cashback_gateway.processes.worker_container import WorkerContainer
    from cashback_gateway.settings.table import Settings

_UTC: Final = ZoneInfo("UTC")
_COLUMNS: Final = (
    TableColumn("class"),
    TableColumn("lines", right=True),
    TableColumn("line_amount", "AMOUNT", right=True),
    TableColumn("cashbacks", right=True),
    TableColumn("cashback_amount", "AMOUNT", right=True),
)


def _start(text: str) -> datetime:
    day = len(text) == len("2026-01-31")
    try:
        return parse_instant(f"{text}T00:00:00Z" if day else text, _UTC)
    except (NotAnInstant, NoSuchInstant):
        raise ValueError("neither a day nor an instant such as 2026-01-31T00:00:00Z") from None


async def reconcile(
    *,
    since: Annotated[
        datetime | None,
        read_by(_start, "from when on: 2026-01-31, or 2026-01-31T00:00:00Z", name="--from"),
    ] = None,
    day: Annotated[
        date | None, read_by(read_day, "a merchant's day, on three sides: 2026-01-31")
    ] = None,
    merchant: Annotated[str | None, ONE_MERCHANT] = None,
    file: Annotated[UUID | None, read_by(UUID, "the ERP's file; default: the day's newest")] = None,
    statement: Annotated[
        UUID | None,
        read_by(
            UUID, "a statement that came as a file: reconcile by it; with --day its other side"
        ),
    ] = None,
    json: Json = False,
    here: Here,
) -> None:
    """Reconcile from an instant on, by a file, or a merchant's day on three sides."""
    if day is not None:
        if merchant is None or since is not None:
            raise WrongUseError("a day is of a merchant: --day with --merchant, without --from")
        found_day = await compare_day(
            here, merchant=merchant, day=day, file=file, statement=statement
        )
        show_day(found_day, day, as_json=json)
        return
    if (since is None) == (statement is None) or merchant is not None or file is not None:
        raise WrongUseError(
            "--from asks the provider, --statement takes a file, --day and --merchant three sides"
        )
    with here.settings("CASHBACK_PROVIDER_URL", "CASHBACK_ERASURE_KEY") as settings:
        # What a run's log says is told below the table.
        log_to_stderr(settings.telemetry.log_format, least=logging.ERROR)
        found = await _reconcile(settings, since, statement)
    records = [
        {
            "class": cls,
            "lines": total.lines,
            "line_amount": _signed(total.line_centavos),
            "cashbacks": total.cashbacks,
            "cashback_amount": _signed(total.cashback_centavos),
        }
        for cls, total in found.totals.by_class.items()
        if total.lines or total.cashbacks
    ]
    listing = PrintedList(
        records=records,
        columns=_COLUMNS,
        total=len(records),
        words=[*_words(found)],
        facts={
            "since": found.since,
            "through": found.through,
            "moved": found.moved.stored,
            "opened": found.opened,
            "closed": found.closed,
            "left_to_the_next_run": found.moved.skipped,
            "distrust": found.distrust,
            "remarks": [*found.remarks],
        },
    )
    if not json:
        since_, through = format_instant(found.since), format_instant(found.through)
        print(f"statement of {since_} to {through}")
    show_listing(listing, as_json=json)


async def _reconcile(settings: Settings, since: datetime | None, file_id: UUID | None) -> RunResult:
    from adapters.postgres.connection.startup_checks import refuse_other_key
    from cashback_gateway.processes.worker_container import build_worker

    refuse_other_key(settings.database.url, settings.database.seal)
    container = build_worker(settings)
    try:
        if since is None:
            assert file_id is not None
            async with container.database():
                found = await _by_file(container, file_id)
        else:
            found = await container.reconciler().reconcile_from(since)
    except StatementUnavailable as error:
        raise ActRefusedError(f"the provider's statement cannot be had: {error}") from error
    finally:
        await container.statements().aclose()
    if found is None:
        raise ActRefusedError("a worker reconciles at this moment: try again when it is done")
    return found


async def _by_file(container: WorkerContainer, file_id: UUID) -> RunResult | None:
    """By the standing rule, of which nothing here knows: a file is one statement more."""
    from adapters.postgres.files.statements import StoredStatements

    files = container.files()
    file = await files.find(None, file_id)
    if file is None or file.since is None:
        raise ActRefusedError(f"there is no statement {file_id}: `files` lists them")
    reconciler = replace(container.reconciler(), statements=StoredStatements(files, file))
    return await reconciler.reconcile_from(file.since, kind=RunKind.FILE)


def _words(found: RunResult) -> Iterator[str]:
    skipped = f", {found.moved.skipped} left to the next run" if found.moved.skipped else ""
    cashbacks = "1 cashback" if found.moved.stored == 1 else f"{found.moved.stored} cashbacks"
    yield f"{cashbacks} moved{skipped}"
    yield f"incidents: {found.opened} opened, {found.closed} closed"
    if found.kept is None:
        yield "the provider's ledger stays as it is: the statement has defects of its own"
    else:
        kept = found.kept
        yield f"provider's ledger: {kept.entered} entered, {kept.moved} moved, {kept.left} left"
    if found.distrust is not None:
        yield f"it proves no absence: {found.distrust}"
    yield from found.remarks


def _signed(centavos: int) -> str:
    return ("-" if centavos < 0 else "") + format_centavos(abs(centavos))
