"""Taking a file of sales in: shown first as it is understood, then taken, then told line by line.

It is done here, with the database's own password, as every operator's act: nothing of HTTP, no
rate, and no provider. A worker delivers what is due.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Final, NoReturn

from cyclopts import Parameter

from adapters.files.lines import UnreadableFileError
from adapters.files.profile import ProfileError
from adapters.files.profile_reading import read_profile
from adapters.postgres.administration.clients import PostgresClients
from adapters.postgres.administration.transactions import Administration, merchant_called
from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.database import Database
from adapters.postgres.connection.startup_checks import refuse_other_key
from cashback_core.administration.resources import Missing
from cashback_core.delivery.deliverer import Deliverer, DeliveriesUnderWay
from cashback_core.delivery.provider import Provider
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.intake.batch import SubmitBatch
from cashback_core.intake.submission import QuoteSale, SubmitSale
from cashback_core.people.callers import CLIENT
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.ids import new_id
from cashback_gateway.commands.as_platform import caller
from cashback_gateway.commands.import_preview import Preview
from cashback_gateway.commands.parameters import Json, Signer, Slug
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.readers import read_by, read_path
from cashback_gateway.commands.refusals import ActRefusedError, WrongUseError, refused
from cashback_gateway.commands.tables import show_json
from cashback_gateway.imports.profile import SALES
from cashback_gateway.imports.report import Report
from cashback_gateway.imports.report_file import BadReportError, report_file
from cashback_gateway.imports.run import ImportRun, Sender, StoppedError, digest_of
from cashback_gateway.imports.sales import of_history, sales_of
from cashback_gateway.processes.container import now

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from adapters.files.profile import Profile
    from cashback_core.delivery.evidence import Evidence
    from cashback_core.delivery.provider import CreditRequest
    from cashback_core.intake.submission import SaleRequest, Submitted
    from cashback_gateway.commands.place import Workplace
    from cashback_gateway.imports.file_sale import FileSale
    from cashback_gateway.imports.run import Reached

_TOLD_EVERY_S: Final = 5.0


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a file is read, and as whose its sales are taken."""

    profile: Annotated[
        Path | None, read_by(read_path, "how the file is written, in TOML (docs/operators.md)")
    ] = None
    client: Annotated[
        str | None,
        Parameter(help="the API client whose system made the file: its group may read the sales"),
    ] = None
    as_recorded: Annotated[
        bool, Parameter(help="history: stored for good, and never sent to the provider")
    ] = False
    nameless: Annotated[
        bool, Parameter(help="history without sale_id and key, too, which no ERP will send again")
    ] = False
    report: Annotated[
        Path | None,
        read_by(read_path, "where faults are written; default: FILE.report.csv"),
    ] = None

    def sales(self, file: BinaryIO, profile: Profile) -> Iterator[FileSale]:
        """Those of an open file."""
        found = sales_of(file, profile)
        return of_history(found) if self.as_recorded and not self.nameless else found


async def import_file(
    file: Annotated[Path, read_by(read_path, "CSV, XLSX (.xlsx), or JSON Lines (.jsonl)")],
    /,
    *,
    merchant: Slug,
    how: How | None = None,
    dry_run: Annotated[bool, Parameter(help="show how it is understood, write nothing")] = False,
    by: Signer | None = None,
    json: Json = False,
    here: Here,
) -> int:
    """Take a file of sales in; exit code 1 where not all of it was taken."""
    how = how or How()
    if by is None and not dry_run:
        raise WrongUseError("taking it in takes --as, too; --dry-run shows how it is understood")
    if how.nameless and not how.as_recorded:
        raise WrongUseError("--nameless is about --as-recorded: other sales need no name")
    if by is not None and not by.isascii():
        raise WrongUseError("--as: the name stands with each sale, in ASCII")
    try:
        profile = read_profile(how.profile, file, SALES)
        if file.exists() and not file.is_file():  # a pipe is read once, and this reads twice
            raise ActRefusedError(f"{file} is no regular file")
        with file.open("rb"):
            pass
    except ProfileError as error:
        raise WrongUseError(str(error)) from error
    except OSError as error:
        raise ActRefusedError(f"{file} cannot be read: {error.strerror}") from error
    try:
        async with _importing(here, merchant, how.client) as importing:
            if by is None or dry_run:
                quote = QuoteSale(store=importing.store, now=now)
                preview = Preview(
                    quote=quote,
                    merchant_id=importing.merchant_id,
                    as_recorded=how.as_recorded,
                )
                with file.open("rb") as opened:
                    return await preview(how.sales(opened, profile), as_json=json)
            return await _take(importing, file, profile, how, by=by, as_json=json)
    except BadReportError as error:
        raise WrongUseError(str(error)) from error
    except (ProfileError, UnreadableFileError) as error:
        raise ActRefusedError(f"{file}: {error}") from error


class _Nobody(Provider):
    """An import sends nothing: what is due is a worker's."""

    async def credit(self, payment: CreditRequest) -> Evidence:
        self._refuse(payment)

    async def aclose(self) -> None:
        pass

    def _refuse(self, payment: CreditRequest) -> NoReturn:
        raise AssertionError(f"an import was to send {payment.reference}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Importing:
    merchant_id: int
    group: str | None
    store: PostgresCashbackStore

    def submit(self) -> SubmitSale:
        deliverer = Deliverer(
            store=self.store,
            provider=_Nobody(),
            policy=DeliveryPolicy(),
            chance=random.SystemRandom().random,
        )
        under_way = DeliveriesUnderWay(deliverer)
        return SubmitSale(store=self.store, under_way=under_way, now=now, new_id=new_id)


@dataclass(frozen=True, slots=True)
class _Ending:
    """Submits sales; of an interrupted run each that began ends, with the database still there."""

    submit_sale: SubmitSale

    async def __call__(self, request: SaleRequest) -> Submitted:
        task = asyncio.ensure_future(self.submit_sale(request))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.gather(task, return_exceptions=True)
            raise


@asynccontextmanager
async def _importing(
    here: Workplace, merchant: str, client: str | None
) -> AsyncGenerator[_Importing, None]:
    with here.settings("CASHBACK_ERASURE_KEY") as settings:
        seal = settings.database.seal
        refuse_other_key(settings.database.url, seal)
        async with Database(settings.database.url, seal=seal) as database:
            merchant_id = await merchant_called(database, merchant)
            if merchant_id is None:
                raise refused(Missing(), f"merchant {merchant!r}")
            group = None
            if client is not None:
                by = replace(caller(), merchant_id=merchant_id)
                found = await PostgresClients(Administration(database)).find(by, client)
                if found is None:
                    raise ActRefusedError(f"there is no client {client!r} of {merchant!r}")
                group = f"{CLIENT}{found.state.group or client}"
            yield _Importing(
                merchant_id=merchant_id,
                group=group,
                store=PostgresCashbackStore(
                    database,
                    DeliveryPolicy(),
                    precedes=settings.reconciliation.precedes,
                ),
            )


async def _take(
    importing: _Importing,
    file: Path,
    profile: Profile,
    how: How,
    *,
    by: str,
    as_json: bool,
) -> int:
    digest = digest_of(file)
    subject = f"operator:{by}"
    path = how.report or file.with_name(f"{file.name}.report.csv")
    with file.open("rb") as opened, report_file(path, source=file) as told:
        run = ImportRun(
            submit_batch=SubmitBatch(submit_sale=_Ending(importing.submit())),
            sender=Sender(
                merchant_id=importing.merchant_id,
                file=digest,
                submitted_by=subject,
                group=importing.group or subject,
                as_recorded=how.as_recorded,
            ),
            report=Report(told),
            on_chunk=Progress(size=os.fstat(opened.fileno()).st_size, tell=opened.tell),
        )
        try:
            tally = await run(how.sales(opened, profile))
        except (StoppedError, StoreUnavailable) as error:
            line = error.line if isinstance(error, StoppedError) else 0
            words = f"the database is away; {line} lines are done: run it again, which repeats none"
            raise ActRefusedError(words) from error
        except asyncio.CancelledError:
            print("interrupted: the same command takes the rest", file=sys.stderr)
            raise
    if as_json:
        show_json({**tally.as_told(), "report": str(path)})
    else:
        print(f"{tally.all} sales: {tally.words}")
        if tally.untaken:
            print(f"{path} tells why; when that is mended, the same command takes the rest")
    return 1 if tally.untaken else 0


@dataclass(slots=True, kw_only=True)
class Progress:
    """Tells on standard error, every few seconds, how far it came."""

    size: int
    tell: Any
    _began_s: float = 0.0
    _told_s: float = 0.0
    _first: int = -1

    def __call__(self, reached: Reached) -> None:
        """Tell it, if that is due."""
        now_s = time.monotonic()
        if self._first < 0:
            self._first, self._began_s = reached.tally.all, now_s
        if now_s - self._told_s < _TOLD_EVERY_S:
            return
        self._told_s = now_s
        share = 100 * self.tell() // max(1, self.size)
        tally, spent_s = reached.tally, now_s - self._began_s
        pace = f", {(tally.all - self._first) / spent_s:.0f} sales/s" if spent_s else ""
        print(
            f"line {reached.line} ({share} %): {tally.words}{pace}",
            file=sys.stderr,
            flush=True,
        )
