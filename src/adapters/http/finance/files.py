"""Files of others over HTTP: a merchant hands in its own days, the platform statements.

They are kept, to be held against our records; no sale is taken in by them. The same file again is
known, and goes on where it broke off.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, cast
from zoneinfo import ZoneInfo

from litestar import HttpMethod, Request, post, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.finance.file_queries import (
    Declared,
    read_day_file,
    read_file_list,
    read_line_list,
    read_statement_file,
)
from adapters.http.finance.file_shapes import (
    BroughtFilePage,
    UnreadableLinePage,
    file_shape,
    line_shape,
)
from adapters.http.finance.uploads import UploadSlots, read_form, read_upload
from adapters.http.sales.exports import while_asked
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.ids import path_uuid
from adapters.http.wire.refusals import RefusedError
from cashback_core.people.roles import Role
from cashback_core.reconciliation.file_import import Brought, HowWritten, ImportFile
from cashback_core.reconciliation.files import FileState, FileTopic, FileToTake

if TYPE_CHECKING:
    from typing import BinaryIO

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission, Principal
    from adapters.http.resources.merchant_zones import MerchantZones
    from cashback_core.reconciliation.file_import import FileDesk, ReadFile

DAYS: Final = "/api/day-files"
STATEMENTS: Final = "/api/statements"
FILES: Final = "/api/files"
LONGEST_S: Final = 300.0
"""How long a file is brought in; what was put aside by then is gone on with."""
PART_LINES: Final = 1_000
"""Lines of a part: while one is made ready for the database, no sale is answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRoutes:
    """Handing files in, and what is told of them."""

    admit: Admission
    desk: FileDesk
    zones: MerchantZones
    slots: UploadSlots = field(default_factory=UploadSlots)

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        return [
            post(DAYS, name="bring_day_file")(self.bring_day),
            post(STATEMENTS, name="bring_statement")(self.bring_statement),
            route(FILES, http_method=read, name="list_files")(self.page),
            route(f"{FILES}/{{id:str}}", http_method=read, name="get_file")(self.one),
            route(f"{FILES}/{{id:str}}/lines", http_method=read, name="file_lines")(self.lines),
        ]

    async def bring_day(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Keep an ERP's sales of a day."""
        fields, principal = await self.admit(request)
        declared = read_day_file(request.scope["query_string"])
        form = read_form(fields)
        zone = await self.zones(principal.merchant_id)
        with self.slots.one(principal.merchant_id):
            upload = await read_upload(fields, request.receive, max_bytes=self.desk.max_bytes)
            with upload.file as file:
                async with self.slots.reading():
                    how = HowWritten(form=form, profile=declared.profile)
                    read = self.desk.reader.day(cast("BinaryIO", file), how, zone)
                    return await self._brought(request, declared, upload.sha256, read, principal)

    async def bring_statement(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Keep a statement of the provider."""
        fields, principal = await self.admit(request)
        declared = read_statement_file(request.scope["query_string"])
        form = read_form(fields)
        with self.slots.one(None):
            upload = await read_upload(fields, request.receive, max_bytes=self.desk.max_bytes)
            with upload.file as file:
                async with self.slots.reading():
                    how = HowWritten(form=form, profile=declared.profile)
                    read = self.desk.reader.statement(cast("BinaryIO", file), how)
                    zone = read.profile.get("zone")
                    since, through = declared.window(None if zone is None else ZoneInfo(str(zone)))
                    declared = replace(declared, since=since, through=through)
                    return await self._brought(request, declared, upload.sha256, read, principal)

    async def _brought(
        self,
        request: Request[Any, Any, Any],
        declared: Declared,
        sha256: bytes,
        read: ReadFile,
        principal: Principal,
    ) -> Answer:
        of_day = declared.day is not None
        to_take = FileToTake(
            topic=FileTopic.ERP_DAY if of_day else FileTopic.STATEMENT,
            sha256=sha256,
            name=declared.name,
            declared_by=principal.username,
            profile=read.profile,
            merchant_id=principal.merchant_id if of_day else None,
            day=declared.day,
            since=declared.since,
            through=declared.through,
            told_lines=declared.count,
            told_centavos=declared.centavos,
        )
        desk = self.desk
        bring = ImportFile(
            store=desk.store,
            max_lines=desk.max_lines,
            max_days=desk.max_days,
            part_lines=PART_LINES,
        )
        try:
            work = bring(to_take, read.lines)
            brought = await while_asked(request.receive, work, deadline_s=LONGEST_S)
        finally:
            read.stop()
        if brought.file.state is FileState.REFUSED:
            raise RefusedError(brought)
        return _answer(brought)

    async def page(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List files, the latest first."""
        _, principal = await self.admit(request)
        part = read_file_list(request.scope["query_string"])
        page = await self.desk.store.files(_whose(principal), limit=part.limit, after=part.after)
        shape = BroughtFilePage(
            items=[file_shape(file) for file in page.items], next_cursor=part.cursor(page.next)
        )
        return Answer(200, encode(shape))

    async def one(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Tell of a file."""
        _, principal = await self.admit(request)
        file = await self.desk.store.find(_whose(principal), path_uuid(request))
        if file is None:
            raise NotFoundException
        return Answer(200, encode(file_shape(file)))

    async def lines(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List a file's unreadable lines."""
        _, principal = await self.admit(request)
        part = read_line_list(request.scope["query_string"])
        id_, whose = path_uuid(request), _whose(principal)
        if await self.desk.store.find(whose, id_) is None:
            raise NotFoundException
        found = await self.desk.store.problems(whose, id_, limit=part.limit + 1, after=part.after)
        items = found[: part.limit]
        shape = UnreadableLinePage(
            items=[line_shape(one) for one in items],
            next_cursor=part.cursor(items[-1].line) if len(found) > part.limit else None,
        )
        return Answer(200, encode(shape))


def _whose(principal: Principal) -> int | None:
    """The merchant whose days somebody sees; the platform sees the account's statements."""
    return None if principal.role is Role.PLATFORM else principal.merchant_id


def _answer(brought: Brought) -> Answer:
    file = brought.file
    where = f"{FILES}/{file.id}".encode("ascii")
    body = encode(file_shape(file))
    return Answer(200 if brought.is_known else 201, body, headers=[(b"location", where)])
