"""Where a command works: the folder of a local run, and the settings that it completes."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

if TYPE_CHECKING:
    from collections.abc import Generator

    from cashback_gateway.local.state import LocalState
    from cashback_gateway.settings.table import Settings

CHECKOUT: Final = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """`state` is the folder of a local run; with `with_parent` a run ends with who started it."""

    state: Path
    with_parent: bool = False

    @property
    def local(self) -> LocalState:
        """The files of the local run, whether there is one or not."""
        from cashback_gateway.local.state import LocalState

        return LocalState(folder=self.state)

    @contextmanager
    def settings(self, *further: str) -> Generator[Settings, None, None]:
        """Those of the environment and of a local run, whose database is up so long.

        The database's address must be there, and `further` ones. Raises SettingsError,
        LocalStateError.
        """
        from cashback_gateway.local.state import completed_environment
        from cashback_gateway.settings.environment import read_settings

        with completed_environment(os.environ, self.local) as environ:
            yield read_settings(environ, needs={"DATABASE_URL", *further})


Here = Annotated[Workplace, Parameter(parse=False)]
"""A command's own parameter for its place, which nobody types."""
