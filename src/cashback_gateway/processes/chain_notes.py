"""What is known of each chain of closes outside the database, in a file beside the guard's.

After a restore the database may have forgotten closes that others were sent. Whoever closed those
days again would make other documents of the same numbers, and nobody could say which one is true.
So the last close that was seen of each chain is noted here, and a database without it is closed no
further (`cashback_core.closing.closing`) until somebody says that it is to go on from what it has.
"""

# ruff: noqa: D102 (the port, cashback_core.closing.store.ChainNotes, has the words)

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cashback_core.closing.store import ChainNotes

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from cashback_gateway.settings.table import Settings


class ChainNotesFile(ChainNotes):
    """A file of `{owner: [number, hash]}`, replaced whole; without a file nothing is known."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def known(self) -> Mapping[str, tuple[int, str]]:
        if self._file is None:
            return {}
        try:
            text = self._file.read_text("utf-8")
        except FileNotFoundError:
            return {}
        return _read(text)

    def note(self, heads: Mapping[str, tuple[int, str]]) -> None:
        if self._file is None:
            return
        with self._locked() as file:
            known = dict(self.known())
            # Another worker of this machine may have noted a later one meanwhile.
            later = {
                name: head for name, head in heads.items() if head[0] >= known.get(name, (0, ""))[0]
            }
            if later.items() - known.items():
                _replace(file, {**known, **later})

    def forget(self, owner: str) -> tuple[int, str] | None:
        """Go on from what the database has; what was known of that chain."""
        if self._file is None:
            return None
        with self._locked() as file:
            known = dict(self.known())
            forgotten = known.pop(owner, None)
            if forgotten is not None:
                _replace(file, known)
        return forgotten

    @contextmanager
    def _locked(self) -> Generator[Path, None, None]:
        assert self._file is not None
        with self._file.with_name(f"{self._file.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self._file


def chain_notes(settings: Settings) -> ChainNotesFile:
    """The notes beside the file that the guard keeps (`CASHBACK_DATABASE_STATE_FILE`)."""
    file = settings.database.state_file
    return ChainNotesFile(None if file is None else file.with_name(f"{file.name}.closes"))


def _read(text: str) -> Mapping[str, tuple[int, str]]:
    try:
        found: Any = json.loads(text)
        return {str(name): (int(number), str(hash_)) for name, (number, hash_) in found.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise OSError("the notes of closes cannot be read") from error


def _replace(file: Path, heads: Mapping[str, tuple[int, str]]) -> None:
    fresh = file.with_name(f"{file.name}.new")  # nobody else's: the lock is ours
    with fresh.open("w", encoding="utf-8") as stream:
        json.dump(heads, stream)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)
