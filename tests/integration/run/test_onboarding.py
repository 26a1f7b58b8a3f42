"""docs/onboarding.md, pasted from its first command to its last beside a fresh `run`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from integration.local_run import ROOT, Run, environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.timeout(240)

PAGE = ROOT / "docs" / "onboarding.md"


def test_every_documented_command_works_on_a_gateway_that_knows_nobody(
    start: Callable[..., Run], folder: Path
) -> None:
    run = start()
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    commands = "\n".join(blocks)
    commands, replaced = re.subn(r"^API=\S+", f"API={run.api_url}", commands, flags=re.MULTILINE)
    assert replaced == 1
    # As ./cashback of a checkout, with this run's folder.
    launcher = folder / "cashback"
    launcher.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -m cashback_gateway --state="{run.state}" "$@"\n'
    )
    launcher.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "-eu"],
        input=commands,
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
        cwd=folder,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    (sale,) = [answer for answer in answers if "cashback" in answer]
    assert (sale["status"], sale["cashback"]) == ("applied", "1.40")
    assert [credit["cashback"] for credit in run.ledger] == ["1.40"]
    trail = answers[-1]["items"]
    assert [line["actor"] for line in trail] == ["user:sara", "user:sara"]
    assert trail[0]["after"].keys() == {"disabled_at", "signed_out_at"}
