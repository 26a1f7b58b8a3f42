"""Names that are said in more than one place: each thing has one, and what is named exists."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).parents[3]
ROOTS: Final = ("src", "proofs", "tests", ".")
"""What a path in a document may begin at."""

_HISTORY: Final = {"decisions.md"}
"""Tells of what was, in the words of its time."""

_PATH: Final = re.compile(
    r"(?<![\w/.-])((?:src/|tests/|proofs/)?(?:cashback_core|cashback_gateway|adapters|tests|simulation"
    r"|chaos|benchmarks|capacity|unit|integration|contract|fakes)/[\w{},/.*-]*)"
)
_BARE: Final = re.compile(r"`(?:[a-z_]+/)*([a-z_0-9]+\.py)`")
_DOTTED: Final = re.compile(
    r"(?<![\w/.-])((?:cashback_core|cashback_gateway|adapters)(?:\.[a-z_]\w*)+)"
)


def documents() -> list[Path]:
    found = [*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md"), CHECKOUT / "Makefile"]
    found += [path for path in (CHECKOUT / "infra").rglob("*") if path.is_file()]
    found += [CHECKOUT / "docker-compose.yml", CHECKOUT / "pyproject.toml"]
    return [path for path in found if path.name not in _HISTORY]


def spelt_out(path: str) -> list[str]:
    """`a/{b,c}.py` as `a/b.py` and `a/c.py`."""
    found = re.search(r"\{([^{}]*)\}", path)
    if found is None:
        return [path]
    return [
        each
        for choice in found[1].split(",")
        for each in spelt_out(path[: found.start()] + choice.strip() + path[found.end() :])
    ]


def is_there(path: str) -> bool:
    trimmed = path.rstrip("./,*_-")
    endings = ("", ".py", "_*") if path.endswith("_*") else ("", ".py")
    return any(
        any((CHECKOUT / root).glob(f"{trimmed}{ending}")) for root in ROOTS for ending in endings
    )


def is_known(dotted: str) -> bool:
    """Whether it is a module, or something that a module holds."""
    names = dotted.split(".")
    for count in range(len(names), 0, -1):
        place = CHECKOUT.joinpath("src", *names[:count])
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if place.is_dir() and count == len(names):
            return True
        if file.is_file():
            held = names[count:]
            return not held or re.search(rf"\b{held[0]}\b", file.read_text("utf-8")) is not None
    return False


def test_every_class_of_ours_has_a_name_of_its_own() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for path in (CHECKOUT / "src").rglob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                if any(ast.unparse(base).endswith("Shape") for base in node.bases):
                    continue  # what is written out has the name of what it tells
                homes[node.name].append(str(path.relative_to(CHECKOUT / "src")))
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}


def test_every_file_that_a_document_names_is_there() -> None:
    missing = {
        (str(document.relative_to(CHECKOUT)), each)
        for document in documents()
        for path in _PATH.findall(document.read_text("utf-8", "replace"))
        for each in spelt_out(path)
        if not is_there(each)
    }
    assert missing == set()


def test_every_file_that_a_document_names_by_its_name_alone_is_there() -> None:
    known = {
        path.name
        for root in ("src", "tests", "proofs", "infra", "examples")
        for path in (CHECKOUT / root).rglob("*.py")
    }
    missing = {
        (str(document.relative_to(CHECKOUT)), name)
        for document in documents()
        for name in _BARE.findall(document.read_text("utf-8", "replace"))
        if name not in known
    }
    assert missing == set()


def test_every_module_and_logger_that_a_document_names_exists() -> None:
    missing = {
        (str(document.relative_to(CHECKOUT)), dotted)
        for document in documents()
        for dotted in _DOTTED.findall(document.read_text("utf-8", "replace"))
        if not is_known(dotted.partition("__mutmut")[0].replace(".x_", "."))  # mutmut's own names
    }
    assert missing == set()
