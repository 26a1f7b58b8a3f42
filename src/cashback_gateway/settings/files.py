"""The settings of files of others: how large they may be, how long their lines are kept."""

from __future__ import annotations

from cashback_gateway.settings import kinds
from cashback_gateway.settings.declaration import concern, setting


@concern
class FileSettings:
    """Files of ERPs and of the provider: how large they may be, how long their lines are kept."""

    lines: int = setting("CASHBACK_FILE_LINES", kinds.whole(1, 100_000_000), default=5_000_000)
    """The most lines of a file that is brought on the command line; one with more is refused."""
    upload_lines: int = setting(
        "CASHBACK_UPLOAD_LINES", kinds.whole(1, 100_000_000), default=200_000
    )
    """The most lines of one that comes over HTTP: whoever serves sales reads it beside them."""
    upload_bytes: int = setting(
        "CASHBACK_UPLOAD_BYTES", kinds.whole(1_024, 1_073_741_824), default=16_777_216
    )
    """The most bytes of one that comes over HTTP; a proxy before it must let as many pass."""
    window_days: int = setting("CASHBACK_FILE_WINDOW_DAYS", kinds.whole(1, 3_650), default=93)
    """The most days that a statement's file may be declared for; one with more is refused. Each
    payment in its window that it lacks is an incident.
    """
    keep_days: int | None = setting(
        "CASHBACK_KEEP_FILE_LINES_DAYS", kinds.whole(1, 36_500, of=" of days"), default=None
    )
    """Lines of files are dropped this long after their file was complete, what it said in all
    stays; absent: kept. Of files that were refused, or given up, they always go.
    """
