"""docs/reconciliation.md is true: each of its commands tells, on a fresh gateway, what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from integration.local_run import ROOT, environment

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(300)

PAGES = ("reconciliation.md", "reconciliation.pt.md")
SCRIPT = ROOT / "examples" / "day" / "walk.py"


def blocks(page: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text("utf-8")
    return re.findall(r"^```console\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_each_command_of_the_worked_day_tells_what_the_page_says(folder: Path) -> None:
    midnight = datetime.now(ZoneInfo("America/Sao_Paulo")) + timedelta(minutes=5)
    if midnight.date() != datetime.now(ZoneInfo("America/Sao_Paulo")).date():
        pytest.skip("the day of the page would end under way")
    walked = subprocess.run(
        [sys.executable, str(SCRIPT), "--check", "--in", str(folder / "day")],
        capture_output=True,
        check=False,
        env=environment(),
        text=True,
        timeout=280,
    )
    assert walked.returncode == 0, walked.stdout[-4000:] + walked.stderr[-4000:]
    assert walked.stdout.endswith("the page tells it so\n")
    report = (folder / "day" / "day" / "report.html").read_text("utf-8")
    assert "Rede Sul" in report
    assert datetime.now(UTC).strftime("%Y") in report


def test_both_languages_show_the_same_commands_and_answers() -> None:
    english, portuguese = map(blocks, PAGES)
    assert len(english) > 10
    assert portuguese == english
