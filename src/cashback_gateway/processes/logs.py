"""How a process writes its log to standard error: lines for people, or JSON for collectors.

Either way no CPF is written, wherever it came from.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Final

from cashback_core.traces import TRACE, TRAIL
from cashback_core.values.instants import format_instant
from cashback_core.values.masks import mask_documents
from cashback_gateway.settings.kinds import LogFormat

_TEXT: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"


def log_to_stderr(format_: LogFormat, *, least: int = logging.INFO) -> None:
    """From now on, everything from a level up."""
    handler = logging.StreamHandler()
    formatter = JsonFormatter() if format_ is LogFormat.JSON else TextFormatter(_TEXT)
    handler.setFormatter(formatter)
    logging.basicConfig(level=least, handlers=[handler])


class TextFormatter(logging.Formatter):
    """A line, and a traceback below it where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The record, masked."""
        return mask_documents(super().format(record))


class JsonFormatter(logging.Formatter):
    """One line and one object for each record, tracebacks inside.

    With the ids of what the work under way is about, as far as they are known; absent ones are left
    out.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record, its texts masked; ids are no documents, and are not touched."""
        line: dict[str, str | int] = {
            "at": format_instant(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname,
            "logger": record.name,
            "message": mask_documents(record.getMessage()),
        }
        if record.exc_info:
            line["error"] = mask_documents(self.formatException(record.exc_info))
        return json.dumps(line | _ids(), ensure_ascii=False)


def _ids() -> dict[str, str | int]:
    ids: dict[str, str | int] = {}
    trail, trace = TRAIL.get(), TRACE.get()
    if trail is not None:
        if trail.request_id is not None:
            ids["request_id"] = trail.request_id
        if trail.merchant_id is not None:
            ids["merchant_id"] = trail.merchant_id
        if trail.cashback_id is not None:
            ids["cashback_id"] = str(trail.cashback_id)
    if trace is not None:
        ids |= {"trace_id": trace.trace_id, "span_id": trace.span_id}
    return ids
