"""What the service is installed with: everything it imports, and none of others' test libraries."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
UNNEEDED = {
    "faker": "faker",
    "litestar-htmx": "litestar_htmx",
    "litestar-offline-docs": "litestar_offline_docs",
    "polyfactory": "polyfactory",
    "pytest": "pytest",
    "rich-click": "rich_click",
}
"""A package of an index, and what it is imported as."""

IMPORT_ALL = """
import importlib, pkgutil, sys

class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[1:]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Refused())
import adapters, cashback_core, cashback_gateway

for package in (adapters, cashback_core, cashback_gateway):
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        # One starts the program; the others are for users' tests, with Hypothesis.
        if not found.name.endswith("__main__") and ".strategies" not in found.name:
            importlib.import_module(found.name)
"""


def pinned() -> set[str]:
    lines = (ROOT / "requirements" / "service.txt").read_text(encoding="utf-8")
    return set(re.findall(r"^([A-Za-z0-9._-]+)==", lines, re.MULTILINE))


def test_the_image_holds_no_library_that_only_tests_of_others_need() -> None:
    assert pinned() & set(UNNEEDED) == set()
    assert {"litestar", "uvicorn", "psycopg"} < pinned()


def test_the_service_does_without_them() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, *UNNEEDED.values()],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
