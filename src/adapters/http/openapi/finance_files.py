"""The operations of files of others: what they take, what they answer, how they may fail."""

from __future__ import annotations

from typing import Final

from adapters.http.finance.file_queries import DAY_FILE, STATEMENT_FILE
from adapters.http.finance.files import DAYS, FILES, STATEMENTS
from adapters.http.finance.uploads import FORMS
from adapters.http.openapi.parts import BODY, CURSOR, ID, LIMIT, Operation, Success
from adapters.http.openapi.resources import EVERY

_BRINGING: Final = (
    *EVERY, *BODY, "invalid_query", "file_refused", "file_elsewhere",
)  # fmt: skip
_BROUGHT: Final = {
    200: Success(schema="BroughtFile", description="It was known.", headers=("Location",)),
    201: Success(schema="BroughtFile", description="It is kept.", headers=("Location",)),
}
_SAME: Final = (
    " The very same again (its bytes, how they are read, what is declared) is known; what broke off"
    " goes on. A line that cannot be read is kept with its fault."
)


FILE_OPERATIONS: Final[dict[tuple[str, str], Operation]] = {
    ("post", DAYS): Operation(
        id="bringDayFile",
        tag="Files",
        summary="Keep an ERP's sales of a day",
        description="To be held against what is recorded; no sale is taken in by it." + _SAME,
        parameters=DAY_FILE.parameters(),
        files=tuple(FORMS),
        successes=_BROUGHT,
        problems=_BRINGING,
    ),
    ("post", STATEMENTS): Operation(
        id="bringStatement",
        tag="Files",
        summary="Keep a statement of the provider that came as a file",
        description="What it does not say of itself (its window, its totals) is declared under your"
        " name. For each instant the newest whole statement counts, and all are kept." + _SAME,
        parameters=STATEMENT_FILE.parameters(),
        files=tuple(FORMS),
        successes=_BROUGHT,
        problems=_BRINGING,
    ),
    ("get", FILES): Operation(
        id="listFiles",
        tag="Files",
        summary="List the merchant's files of days, or the account's statements, the latest first",
        parameters=(LIMIT, CURSOR),
        successes={200: Success(schema="BroughtFilePage", description="A page of files.")},
        problems=(*EVERY, "invalid_query"),
    ),
    ("get", f"{FILES}/{{id}}"): Operation(
        id="getFile",
        tag="Files",
        summary="Tell of a file",
        parameters=(ID,),
        successes={200: Success(schema="BroughtFile", description="The file.")},
        problems=(*EVERY, "not_found"),
    ),
    ("get", f"{FILES}/{{id}}/lines"): Operation(
        id="listFileLines",
        tag="Files",
        summary="List a file's unreadable lines",
        parameters=(ID, LIMIT, CURSOR),
        successes={200: Success(schema="UnreadableLinePage", description="A page of lines.")},
        problems=(*EVERY, "not_found", "invalid_query"),
    ),
}
"""By method and path."""
