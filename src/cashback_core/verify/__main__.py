"""The command: exit 0 where all holds, 1 where something does not, 2 where it cannot be told."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cashback_core.closing.canonical import HASH
from cashback_core.verify.files import read_files
from cashback_core.verify.telling import Teller
from cashback_core.verify.verifying import Verdict, verify
from cashback_core.words.locales import Language, languages

if TYPE_CHECKING:
    from collections.abc import Sequence

EXIT: Final = {Verdict.HOLDS: 0, Verdict.BROKEN: 1, Verdict.UNPROVEN: 2}


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify the files named, tell what was found, return the exit code."""
    told = _parser().parse_args(arguments)
    report = verify(read_files(told.files), heads=frozenset(told.head), after=frozenset(told.after))
    teller = Teller(Language(told.lang))
    sys.stdout.write(teller.json(report) if told.json else teller.text(report))
    return EXIT[report.verdict]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cashback_core.verify",
        description="Whether closed days hold: signatures, chain, sums, and lines where given.",
        epilog="Exit code: 0 all holds, 1 something does not, 2 it cannot be told.",
    )
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE",
        help="closes, lines, keys, disclosures, or folders of them, in any order",
    )  # fmt: skip
    parser.add_argument(
        "--head", action="append", default=[], type=_hash, metavar="SHA256",
        help="the hash of a close that is known to exist: its chain must have it",
    )  # fmt: skip
    parser.add_argument(
        "--after", action="append", default=[], type=_hash, metavar="SHA256",
        help="the hash of a close that was verified before: a chain may begin after it",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="tell it as JSON")
    parser.add_argument("--lang", choices=languages(), default="en", help="the language told in")
    return parser


def _hash(text: str) -> str:
    if HASH.match(text) is None:
        raise argparse.ArgumentTypeError("a hash has 64 small hexadecimal digits")
    return text


if __name__ == "__main__":
    sys.exit(main())
