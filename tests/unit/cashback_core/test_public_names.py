"""What the library offers, and what it needs: the standard library and nothing else."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import typing
from pathlib import Path
from types import UnionType

import pytest

import cashback_core
from cashback_core import (
    DocumentFault,
    InvalidDocument,
    InvalidMoney,
    MoneyFault,
    NoSuchInstant,
    NotAnInstant,
)
from cashback_core.values.zones import UnknownZone

PACKAGE = Path(cashback_core.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))


def test_every_exported_name_exists_once_and_in_order() -> None:
    names = cashback_core.__all__
    assert all(hasattr(cashback_core, name) for name in names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_standard_library_is_imported(source: Path) -> None:
    allowed = {*sys.stdlib_module_names, "cashback_core", "_typeshed"}
    if "strategies" in source.parts:
        allowed.add("hypothesis")
    if "columns" in source.parts:
        allowed.add("polars")
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported = {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            assert node.module is not None
            imported = {node.module.partition(".")[0]}
            if "strategies" not in source.parts:
                assert not node.module.startswith("cashback_core.testing.strategies")
            if "columns" not in source.parts:
                assert not node.module.startswith("cashback_core.columns")
        else:
            continue
        assert imported <= allowed


def test_importing_the_library_loads_nothing_that_only_some_need() -> None:
    slow = {"hypothesis", "polars", "asyncio", "logging", "json", "hashlib", "difflib"}
    code = f"import sys, cashback_core; print({slow} & set(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(PACKAGE.parent)},
    )
    assert found.stdout.strip() == "set()"


@pytest.mark.parametrize("name", cashback_core.__all__)
def test_annotations_can_be_read_at_run_time(name: str) -> None:
    offered = getattr(cashback_core, name)
    if callable(offered) and not isinstance(offered, typing.NewType):
        typing.get_type_hints(offered)


def test_importing_the_library_imports_the_domain_alone() -> None:
    code = (
        "import sys, cashback_core; print(sorted({name.split('.')[1] for name in sys.modules"
        " if name.startswith('cashback_core.')}))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(PACKAGE.parent)},
    )
    assert found.stdout.strip() == "['sales', 'values', 'words']"


def test_what_a_union_holds_is_exported() -> None:
    offered = [getattr(cashback_core, name) for name in cashback_core.__all__]
    unions = [one for one in offered if isinstance(one, UnionType)]
    assert unions
    for union in unions:
        members = {member.__name__ for member in typing.get_args(union)}
        assert members <= set(cashback_core.__all__)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_outside_the_wheel_is_spoken_of(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    outside = ("adapters.", "adapters/", "docs/", "cashback_gateway", "tests/")
    assert [word for word in outside if word in text] == []


@pytest.mark.parametrize(
    "error",
    [
        *map(InvalidDocument, DocumentFault),
        *map(InvalidMoney, MoneyFault),
        NotAnInstant(),
        NoSuchInstant(),
        UnknownZone("Mars/Olympus"),
    ],
    ids=repr,
)
def test_an_error_says_a_sentence(error: Exception) -> None:
    assert len(str(error).split()) > 3


def test_what_the_readme_shows_runs() -> None:
    readme = (PACKAGE / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert len(blocks) >= 4
    names: dict[str, object] = {"__name__": "readme"}
    for block in blocks:
        exec(block, names)  # noqa: S102 (our own words)
