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
    keep_days: int = setting(
        "CASHBACK_KEEP_FILE_LINES_DAYS", kinds.whole(1, 36_500, of=" of days"), default=1_825
    )
    """Lines of files are dropped this long after their file was complete; what it said in all
    stays, and what its bytes are known by (five years by default). Of files that were refused, or
    given up, they go at once, and the file a year later.
    """
    keep_found_days: int = setting(
        "CASHBACK_KEEP_FOUND_DAYS", kinds.whole(31, 36_500, of=" of days"), default=1_825
    )
    """What reconciling found is dropped this long after it was over: runs of days, differences that
    closed by themselves, single moves of the provider's ledger (five years by default). What
    they added up to, closed days, and what a person looked after stay.
    """
