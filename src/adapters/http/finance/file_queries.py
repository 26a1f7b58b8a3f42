"""What is said of a file in the address that it is handed in at, and which lists there are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from adapters.http.sales.lists import ListPart, part_of
from adapters.http.wire.cursors import Kind
from adapters.http.wire.filters import (
    DAY,
    Filter,
    Filters,
    MatchingFilter,
    ToldBoundFilter,
    WholeFilter,
)
from adapters.http.wire.queries import Ordering, QueryReader
from adapters.http.wire.refusals import InvalidQueryError
from cashback_core.reconciliation.file_heads import told_end, told_start
from cashback_core.values.days import read_day
from cashback_core.values.violations import Violation

if TYPE_CHECKING:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

MAX_PROFILE_CHARS: Final = 6_000
_ABOUT_PROFILE: Final = (
    "How the file is written, in TOML, as on the command line (docs/operators.md). Without it CSV"
    " has commas, UTF-8, decimal points, and columns called as the fields are."
)
_TOLD: Final[dict[str, Filter[Any]]] = {
    "profile": MatchingFilter(
        about=_ABOUT_PROFILE,
        form=re.compile(rf"[\s\S]{{1,{MAX_PROFILE_CHARS}}}\Z"),
        code="plain_text",
        longest=MAX_PROFILE_CHARS,
    ),
    "name": MatchingFilter(
        about="The file's own name.",
        form=re.compile(r"[ -~\u00a0-\uffff]{1,255}\Z"),
        code="plain_text",
        longest=255,
    ),
    "count": WholeFilter(about="How many lines it has; refused where it has not.", lowest=0),
    "sum": MatchingFilter(
        about="What its amounts add up to, reversals subtracted; refused where they do not.",
        form=re.compile(r"-?[0-9]{1,13}(?:\.[0-9]{1,2})?\Z", re.ASCII),
        code="amount_invalid",
        longest=17,
    ),
}
DAY_FILE: Final = Filters(
    dict[str, Any],
    day=MatchingFilter(
        about="Whose sales they are: a day of the merchant's own, `YYYY-MM-DD`.",
        form=re.compile(f"{DAY}\\Z", re.ASCII),
        code="bound_invalid",
        longest=10,
    ),
    **_TOLD,
)
STATEMENT_FILE: Final = Filters(
    dict[str, Any],
    **{
        "from": ToldBoundFilter(
            about="From when on it tells every credit and reversal. A day alone is its first"
            " instant; without an offset it is in the profile's `zone`, else as late as may be."
        ),
        "complete_through": ToldBoundFilter(
            about="Up to then nothing will be added, as whoever brings it says. It counts as its"
            " last line's instant at most; without `zone` or an offset as early as may be."
        ),
        **_TOLD,
    },
)
_UPLOAD: Final = Ordering(
    resource="upload", columns={"at": Kind.INSTANT}, key=Kind.UUID, default="at", whole=True
)
_FILES: Final = Ordering(
    resource="files",
    columns={"begun_at": Kind.INSTANT},
    key=Kind.UUID,
    default="-begun_at",
    fixed=True,
)
_LINES: Final = Ordering(
    resource="unreadable lines",
    columns={"line": Kind.INTEGER},
    key=Kind.INTEGER,
    default="line",
    fixed=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What is said of a file that is handed in."""

    name: str
    profile: bytes | None
    count: int | None
    centavos: int | None
    day: date | None = None
    since: datetime | None = None
    through: datetime | None = None
    """Of a statement: a wall clock where no offset was told."""

    def window(self, zone: ZoneInfo | None) -> tuple[datetime, datetime]:
        """From when to when it tells, cautiously; raises InvalidQueryError."""
        assert self.since is not None
        assert self.through is not None
        since, through = told_start(self.since, zone), told_end(self.through, zone)
        if since >= through:
            raise InvalidQueryError((Violation(pointer="/complete_through", code="bound_invalid"),))
        return since, through


def read_day_file(query: bytes) -> Declared:
    """What is said of a day's sales; raises InvalidQueryError."""
    reader = QueryReader(query, _UPLOAD, *DAY_FILE.names)
    asked = DAY_FILE.read(reader)
    day = None if asked["day"] is None else read_day(asked["day"])
    if asked["day"] is not None and day is None:
        reader.tell("day", "bound_invalid", asked["day"])
    if not reader.has("day"):
        reader.tell("day", "required")
    reader.end()
    return _declared(asked, day=day)


def read_statement_file(query: bytes) -> Declared:
    """What is said of a statement; raises InvalidQueryError."""
    reader = QueryReader(query, _UPLOAD, *STATEMENT_FILE.names)
    asked = STATEMENT_FILE.read(reader)
    for name in ("from", "complete_through"):
        if not reader.has(name):
            reader.tell(name, "required")
    since, through = asked["from"], asked["complete_through"]
    reader.end()
    return _declared(asked, since=since, through=through)


def read_file_list(query: bytes) -> ListPart:
    """Which files are wanted; raises InvalidQueryError."""
    return part_of(QueryReader(query, _FILES))


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePart:
    """Which unreadable lines are wanted: at most `limit` behind that one."""

    query: QueryReader
    limit: int
    after: int

    def cursor(self, line: int) -> str:
        """The cursor of what is behind a line."""
        return self.query.cursor_after(line, line)


def read_line_list(query: bytes) -> LinePart:
    """Which lines are wanted; raises InvalidQueryError."""
    reader = QueryReader(query, _LINES)
    wanted = reader.slice()
    after = 0 if wanted.after is None else int(wanted.after[0])
    return LinePart(query=reader, limit=wanted.limit, after=after)


def _declared(asked: dict[str, Any], **more: Any) -> Declared:
    profile, total = asked["profile"], asked["sum"]
    return Declared(
        name=asked["name"] or "upload",
        profile=None if profile is None else profile.encode("utf-8"),
        count=asked["count"],
        centavos=None if total is None else _centavos(total),
        **more,
    )


def _centavos(text: str) -> int:
    units, _, decimals = text.lstrip("-").partition(".")
    centavos = int(units + decimals.ljust(2, "0"))
    return -centavos if text.startswith("-") else centavos
