"""What integrators install is what the service runs on, and pytest."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Final

import cashback_kit

ROOT: Final = Path(__file__).parents[3]
OURS: Final = {"adapters", "cashback_core", "cashback_gateway", "cashback_kit"}


def test_the_kit_needs_nothing_but_what_the_service_runs_on_and_pytest() -> None:
    requirements = (ROOT / "requirements/service.txt").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([a-z0-9-]+)(?:\[\w+\])?==", requirements, re.MULTILINE))
    needed = set[str]()
    for source in Path(cashback_kit.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                needed |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                needed.add((node.module or "").partition(".")[0])
    assert needed - sys.stdlib_module_names - OURS - {"pytest"} <= pinned
    assert "httpx" in needed
