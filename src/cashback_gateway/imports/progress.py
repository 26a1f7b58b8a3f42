"""How far a file has been taken in: kept beside the local state, so that a run goes on from there.

Nothing rests on it: sales have names, and one that is sent again is recorded once.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from cashback_gateway.imports.report import ImportTally

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 1024 * 1024


def digest_of(path: Path) -> str:
    """What tells a file's content from any other's."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """As many of a file's sales as `tally` counts are told, up to about `line`."""

    line: int
    tally: ImportTally
    proof: UUID | None = None
    """The latest cashback that is recorded of them: a database that has it not went back."""


@dataclass(frozen=True, slots=True)
class ProgressFile:
    """Where one file's progress is kept."""

    path: Path

    def read(self) -> Reached | None:
        """How far it came; None for one that was never begun, or cannot be read."""
        try:
            told = json.loads(self.path.read_text("utf-8"))
            tally = ImportTally(**{name: int(count) for name, count in told["tally"].items()})
            proof = told["proof"]
            return Reached(
                line=int(told["line"]), tally=tally, proof=None if proof is None else UUID(proof)
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, reached: Reached) -> None:
        """Keep it, whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        proof = None if reached.proof is None else str(reached.proof)
        told = {"line": reached.line, "tally": reached.tally.as_told(), "proof": proof}
        fresh.write_text(json.dumps(told), "utf-8")
        fresh.replace(self.path)
