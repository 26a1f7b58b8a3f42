"""The command: exit 0 where all holds, 1 where something does not, 2 where it cannot be told."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from cashback_core.closing.canonical import HASH
from cashback_core.closing.chain import Trust
from cashback_core.closing.close import KEY_ID
from cashback_core.verify.files import read_files
from cashback_core.verify.report import Verdict
from cashback_core.verify.telling import Teller
from cashback_core.verify.verifying import verify
from cashback_core.words.locales import Language, languages, phrase

if TYPE_CHECKING:
    from collections.abc import Sequence

EXIT: Final = {Verdict.HOLDS: 0, Verdict.BROKEN: 1, Verdict.UNPROVEN: 2}


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify the files named, tell what was found, return the exit code."""
    told = _parser().parse_args(arguments)
    try:
        return _told(told)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 (1 would say: it does not hold)
        _say_unforeseen(Language(told.lang), error)
        return EXIT[Verdict.UNPROVEN]


def _told(told: argparse.Namespace) -> int:
    stated = frozenset[str](told.key)
    given = read_files(told.files, stated=stated)
    trust = Trust(
        keys=given.keys,
        stated=stated,
        heads=frozenset(told.head),
        after=frozenset(told.after),
    )
    report = verify(given, trust)
    teller = Teller(Language(told.lang))
    text = teller.json(report) if told.json else teller.text(report)
    if (out := _stdout()) is not None:  # a terminal of ASCII reads an ã as \xe3
        out.reconfigure(errors="backslashreplace")
    sys.stdout.write(text)
    sys.stdout.flush()
    return EXIT[report.verdict]


def _say_unforeseen(language: Language, error: BaseException) -> None:
    """One sentence; and nothing that could not be written is tried again at the end."""
    if isinstance(error, OSError) and (out := _stdout()) is not None:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
    detail = " ".join(f"{type(error).__name__} {error}".split())
    with suppress(Exception):
        said = phrase(language, "verify.unforeseen").format(detail=detail)
        sys.stderr.write(f"{said}\n")  # which is written with escapes where it must be


def _stdout() -> TextIOWrapper[BinaryIO] | None:
    """Where it is written, unless that is something in memory."""
    found: object = sys.stdout
    return cast("TextIOWrapper[BinaryIO]", found) if isinstance(found, TextIOWrapper) else None


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
        "--key", action="append", default=[], type=_key, metavar="ID",
        help="the id of a key that you trust, told to you another way: no other is trusted then",
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


def _key(text: str) -> str:
    if KEY_ID.match(text) is None:
        raise argparse.ArgumentTypeError("a key's id has 32 small hexadecimal digits")
    return text


if __name__ == "__main__":
    sys.exit(main())
