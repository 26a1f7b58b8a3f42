from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chaos.quick_folder import quick_folder
from integration.local_run import COMMAND, Run, environment, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the account can reach which root hands the database to."""
    with tempfile.TemporaryDirectory(prefix="cashback-test-", dir=quick_folder()) as name:
        if os.geteuid() == 0:
            Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(*, up: bool = True, **changes: str) -> Run:
        output = folder / f"output-{len(runs)}"
        state = folder / "state"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [*COMMAND, f"--state={state}", "run"],
                stdout=file,
                stderr=file,
                env=environment(**changes),
                cwd="/",
                start_new_session=True,
            )
        run = Run(process=process, output=output, state=state)
        runs.append(run)
        wait_until(lambda: "Ctrl-C stops" in run.text or process.poll() is not None, "start")
        assert ("Ctrl-C stops" in run.text) is up, run.text
        return run

    yield start
    for run in runs:
        run.process.terminate()
        run.process.wait(60)
