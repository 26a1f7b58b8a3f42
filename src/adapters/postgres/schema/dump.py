"""The whole schema as pg_dump writes it: `schema.sql`, for whoever reads, and for a test.

`make schema` (`python -m adapters.postgres.schema.dump schema.sql`) writes it anew from the
migrations.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from adapters.postgres.embedded.binaries import Binaries

_OF_ONE_DUMP: Final = re.compile(
    r"^(?:\\(?:un)?restrict .*|-- Dumped .*|-- PostgreSQL database dump.*|--)\n", re.MULTILINE
)
"""A key that is drawn each time, versions to the last digit, and lines that say nothing."""

_EMPTY_LINES: Final = re.compile(r"\n{3,}")


def first_line(major: int) -> str:
    """What `schema.sql` begins with: another version of PostgreSQL words a schema otherwise."""
    return f"-- Made by `make schema` from migrations/*.sql, which say why; PostgreSQL {major}.\n"


def schema_of(dsn: str, binaries: Binaries) -> str:
    """The schema of a database, without its owner's name or anything else of this machine.

    `binaries` are of the server's version. Raises subprocess.CalledProcessError.
    """
    command = [str(binaries.folder / "pg_dump"), "--schema-only", "--no-owner", f"--dbname={dsn}"]
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own program
        command, check=True, capture_output=True, text=True
    )
    body = _EMPTY_LINES.sub("\n\n", _OF_ONE_DUMP.sub("", done.stdout)).strip()
    return f"{first_line(binaries.major)}\n{body}\n"


def _main(path: Path) -> None:
    from adapters.postgres.embedded import throwaway_postgres
    from adapters.postgres.embedded.binaries import find_binaries
    from adapters.postgres.schema.migration import migrate

    with throwaway_postgres() as server:
        dsn = server.create_database("schema")
        migrate(dsn)
        binaries = find_binaries(major=None, account=None, copies=server.home)
        path.write_text(schema_of(dsn, binaries), "utf-8")


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
