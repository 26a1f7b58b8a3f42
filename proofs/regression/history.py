"""Which commits came since the baseline, and which of them changed a count."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from regression.baseline import FILE, Measured, exact_changes, measured_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from regression.baseline import Change

CHECKOUT: Final = Path(__file__).resolve().parents[2]
_RUNS: Final = ("src", "requirements")
"""What a sale's cost can come from."""

_COUNT_S: Final = 60.0
_MOST: Final = 200


def head() -> str:
    """The commit that is looked at, `+` where something that runs is not committed."""
    return _git("rev-parse", "--short=12", "HEAD") + ("+" if uncommitted() else "")


def uncommitted() -> list[str]:
    """Files that run and are not as committed."""
    return _git("status", "--porcelain", "--", *_RUNS).splitlines()


def since(baseline: Measured) -> list[str]:
    """Commits that touched what runs since the baseline was written, oldest first.

    Since the commit that brought the file: it was measured with what came with it. Empty where
    the history is not here.
    """
    brought = _git("log", "-1", "--format=%H", "--", str(FILE))
    begin = brought or baseline.commit.rstrip("+")
    if not begin:
        return []
    listed = _git(
        "rev-list", "--reverse", "--topo-order", f"-{_MOST}", f"{begin}..HEAD", "--", *_RUNS
    )
    return listed.split()


def told(commit: str) -> str:
    """A commit in a line."""
    return _git("show", "--no-patch", "--format=%h %s", commit) or commit[:12]


@dataclass(slots=True)
class Finder:
    """Counts commits again, each once, until it is known which of them changed a figure."""

    baseline: Measured
    commits: Sequence[str]
    count: Callable[[str], Measured]
    known: dict[str, Measured] = field(default_factory=dict[str, Measured])

    def culprit(self, change: Change) -> str | None:
        """The first commit whose figure is not the baseline's; None if none of them has it.

        By halving: some ten commits take four counts, of 4 s each.
        """
        low, high = 0, len(self.commits)
        while low < high:
            middle = (low + high) // 2
            if self._has(self.commits[middle], change):
                high = middle
            else:
                low = middle + 1
        return self.commits[low] if low < len(self.commits) else None

    def _has(self, commit: str, change: Change) -> bool:
        if commit not in self.known:
            self.known[commit] = self.count(commit)
        found = exact_changes(self.baseline, self.known[commit])
        return any((c.step, c.figure) == (change.step, change.figure) for c in found)


def count_at(commit: str) -> Measured:
    """What that commit's code counts, by what counts here.

    Raises subprocess.SubprocessError where its code is too old to be counted so.
    """
    with _checked_out(commit) as folder:
        done = subprocess.run(
            [sys.executable, "-m", "regression", "--counts-as-json"],
            cwd=folder,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join((str(folder / "src"), str(CHECKOUT / "proofs"))),
            },
            capture_output=True,
            text=True,
            check=True,
            timeout=_COUNT_S,
        )
    return measured_of(json.loads(done.stdout))


@contextmanager
def _checked_out(commit: str) -> Generator[Path, None, None]:
    """The files of a commit, without a work tree that git would have to know of."""
    with tempfile.TemporaryDirectory(prefix="cashback-commit-") as folder:
        archive = Path(folder) / "src.tar"
        _git("archive", "--format=tar", f"--output={archive}", commit, "src")
        subprocess.run(["tar", "-xf", str(archive), "-C", folder], check=True, timeout=_COUNT_S)
        yield Path(folder)


def _git(*arguments: str) -> str:
    """What git says; nothing where there is none, or no such commit."""
    try:
        done = subprocess.run(
            ["git", "-C", str(CHECKOUT), *arguments],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
