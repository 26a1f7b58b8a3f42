from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from integration.local_run import folder_of_runs, started_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from integration.local_run import Run


@pytest.fixture
def folder() -> Iterator[Path]:
    with folder_of_runs() as folder:
        yield folder


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Run]]:
    with started_in(folder) as start:
        yield start
