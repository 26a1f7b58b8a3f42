"""What the library offers, and what it needs: the standard library and nothing else."""

from __future__ import annotations

import ast
import subprocess
import sys
import typing
from pathlib import Path

import pytest

import cashback_core

PACKAGE = Path(cashback_core.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))


def test_every_exported_name_exists_once_and_in_order() -> None:
    names = cashback_core.__all__
    assert all(hasattr(cashback_core, name) for name in names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_standard_library_is_imported(source: Path) -> None:
    allowed = {*sys.stdlib_module_names, "cashback_core"}
    if "strategies" in source.parts:
        allowed.add("hypothesis")
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported = {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            assert node.module is not None
            imported = {node.module.partition(".")[0]}
            if "strategies" not in source.parts:
                assert not node.module.startswith("cashback_core.testing.strategies")
        else:
            continue
        assert imported <= allowed


def test_importing_the_library_imports_no_hypothesis_and_no_event_loop() -> None:
    code = "import sys, cashback_core; print({'hypothesis', 'asyncio'} & set(sys.modules))"
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
