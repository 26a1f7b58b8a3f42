"""Run every command of docs/reconciliation.md on a gateway of its own, in order, and show it.

    python3 examples/day/walk.py            # a minute; leaves nothing behind
    python3 examples/day/walk.py --check    # and say where the page tells it otherwise

What the page tells of 29 November 2026 is done for yesterday. Ids and tokens are others each
time: those of the page stand for those that the commands before it told, each found by its place.
`--write` puts into the page what was told, in its days, with its ids where they are known.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parent))
from sell import ZONE, dated, days

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "reconciliation.md"
START_S: Final = 120.0
_BLOCK: Final = re.compile(r"(?<=^```console\n)\$ .*?(?=^```$)", re.DOTALL | re.MULTILINE)
_COMMAND: Final = re.compile(r"(?:.*\\\n)*.*\n")
_ID: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?<=[0-9]:[0-9]\.[0-9]{2}:)[0-9a-f]{8}"  # of what is shown before it is done
)
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
_VARIES: Final = re.compile(r"\b\d+ (?=ms\b|bytes\b)")
_ADDRESS: Final = re.compile(r"http://127\.0\.0\.1:\d+")
_SEVERAL: Final = re.compile(r"(?<=\S) +")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A command of the page, and what the page says that it tells."""

    command: str
    told: str


def steps_of(page: str) -> list[Step]:
    """The commands of all its blocks, in order."""
    steps: list[Step] = []
    for block in _BLOCK.findall(page):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command = _COMMAND.match(part)
            assert command is not None
            steps.append(Step(command=command[0], told=part[command.end() :]))
    return steps


@dataclass(slots=True, kw_only=True)
class Walk:
    """One day's run through the page: its folder, its days, the ids that are known so far."""

    folder: Path
    environ: dict[str, str]
    addresses: list[str]
    now: datetime = field(default_factory=lambda: datetime.now(ZONE))
    ids: dict[str, str] = field(default_factory=dict[str, str])
    """By the page's id what it is here."""

    def run(self, step: Step) -> str:
        """Run a command of the page here; what it tells, and its complaints where it fails."""
        command = _ID.sub(lambda found: self.ids.get(found[0], found[0]), step.command)
        told = iter(self.addresses)
        command = _ADDRESS.sub(lambda _: next(told), dated(command, days(self.now)))
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.folder, env=self.environ,
            capture_output=True, check=False, text=True, timeout=120,
        )  # fmt: skip
        return done.stdout if done.returncode == 0 else done.stdout + done.stderr

    def told(self, output: str) -> str:
        """An output in the page's days and, where they are known, ids."""
        back = {here: told for told, here in days(self.now).items()}
        pages = {here: told for told, here in self.ids.items()}
        return _ID.sub(lambda found: pages.get(found[0], found[0]), dated(output, back))

    def differs(self, step: Step, output: str) -> list[str]:
        """Where the page tells it otherwise; learns which ids are which."""
        page, here = _rows(step.told), _rows(self.told(output))
        if [row for row, _ in page] != [row for row, _ in here]:
            lines = [[row for row, _ in side] for side in (page, here)]
            return [*difflib.unified_diff(lines[0], lines[1], "page", "here", lineterm="", n=0)]
        for (_, of_page), (_, of_here) in zip(page, here, strict=True):
            for told, real in zip(of_page, of_here, strict=True):
                if told != real:
                    self.ids[told] = real
        return []


def _rows(text: str) -> list[tuple[str, list[str]]]:
    """Lines without what is other each time, in an order of their own, each with its ids.

    What is found in one millisecond is listed in any order.
    """
    rows: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        plain = _VARIES.sub("… ", _INSTANT.sub("<instant>", _ID.sub("<id>", line)))
        rows.append((_SEVERAL.sub(" ", plain).rstrip(), _ID.findall(line)))
    return sorted(rows)


def prepared(folder: Path) -> dict[str, str]:
    """A folder in which the page's commands work as they stand; the environment of them."""
    python = ROOT / ".venv" / "bin" / "python"
    run = python if python.exists() else Path(sys.executable)
    programs = {
        folder / "cashback": f'"{run}" -m cashback_gateway --state="{folder / "var"}"',
        folder / "bin" / "python": f'"{run}"',
        folder / "bin" / "python3": f'"{run}"',
    }
    (folder / "bin").mkdir()
    for path, command in programs.items():
        path.write_text(f'#!/bin/sh\nexec {command} "$@"\n', "utf-8")
        path.chmod(0o755)
    (folder / "examples").symlink_to(ROOT / "examples")
    kept = {k: v for k, v in os.environ.items() if "CASHBACK" not in k and k != "DATABASE_URL"}
    paths = f"{folder / 'bin'}{os.pathsep}{kept.get('PATH', os.defpath)}"
    modules = os.pathsep.join(filter(None, [str(ROOT / "src"), kept.get("PYTHONPATH")]))
    return {**kept, "PATH": paths, "PYTHONPATH": modules}


def started(folder: Path, environ: dict[str, str]) -> tuple[subprocess.Popen[bytes], list[str]]:
    """A gateway with its sandbox provider; it, and the addresses of both."""
    output = folder / "run.log"
    with output.open("wb") as file:
        run = subprocess.Popen(
            ["./cashback", "--end-with-parent", "run"],
            cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
        )  # fmt: skip
    deadline = time.monotonic() + START_S
    while "Ctrl-C stops" not in output.read_text("utf-8"):
        if run.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(output.read_text("utf-8"))
        time.sleep(0.1)
    found = re.findall(r"(?:Swagger UI|Provider): +(http://[0-9.:]+)", output.read_text("utf-8"))
    return run, found


def walk(page: str, folder: Path) -> tuple[list[str], str]:
    """Run all of a page in a folder, showing it; what it tells otherwise, and the page as it is."""
    environ = prepared(folder)
    run, addresses = started(folder, environ)
    differs: list[str] = []
    try:
        here = Walk(folder=folder, environ=environ, addresses=addresses)
        for step in steps_of(page):
            print(f"$ {step.command}", end="", flush=True)
            output = here.run(step)
            print(output, flush=True)
            if other := here.differs(step, output):
                differs += [f"$ {step.command.rstrip()}", *other]
            page = page.replace(
                f"$ {step.command}{step.told}", f"$ {step.command}{here.told(output)}"
            )
    finally:
        run.terminate()
        run.wait(60)
    return differs, page


def main() -> int:
    """Walk as the words of the command line say; 1: the page tells it otherwise."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--check", action="store_true", help="say where the page is other, exit 1")
    parser.add_argument("--write", action="store_true", help="put into the page what was told")
    parser.add_argument("--in", dest="folder", type=Path, help="a new folder, which is kept")
    asked = parser.parse_args()
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="cashback-day-"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)  # the account that root hands the database to must reach it
    try:
        differs, page = walk(asked.page.read_text("utf-8"), folder.resolve())
    finally:
        if asked.folder is None:
            shutil.rmtree(folder)
    if asked.write:
        asked.page.write_text(page, "utf-8")
    if asked.check:
        print("\n".join(differs) or "the page tells it so")
    return 1 if asked.check and differs else 0


if __name__ == "__main__":
    sys.exit(main())
