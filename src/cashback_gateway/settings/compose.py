"""Writes what docker-compose.yml passes on: `python -m cashback_gateway.settings.compose FILE`.

What the file says of a setting itself (a path, a default of its own, where a secret's file lies)
stays as it is; everything else is passed on from .env, in a block of its own.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

from cashback_gateway.settings.table import SETTINGS

BY_THE_IMAGE: Final = frozenset({"CASHBACK_HOST", "CASHBACK_PORT", "CASHBACK_REVISION"})
"""What infra/Dockerfile settles for every container."""

_FIRST = "  # Passed on as .env has them. Down to the last of them written by `make docs`.\n"
_LAST = "  # The last of them.\n"
_SAID = re.compile(r"^ +([A-Z_]+): ", re.MULTILINE)


def passing_on(compose: str) -> str:
    """Return the text of docker-compose.yml with its block of settings written anew.

    Raises LookupError for a secret whose file it does not name: .env is no place for it.
    """
    before, first, rest = compose.partition(_FIRST)
    _, last, after = rest.partition(_LAST)
    if not first or not last:
        raise LookupError(f"no lines {_FIRST.strip()!r} and {_LAST.strip()!r} in it")
    said = {*_SAID.findall(before), *_SAID.findall(after), *BY_THE_IMAGE}
    left = [each for each in SETTINGS.values() if not {each.name, each.file_name} & said]
    for each in left:
        if each.kind.secret:
            raise LookupError(f"{each.name} is secret: say where {each.file_name} lies")
    lines = (f"  {each.name}: ${{{each.name}:-}}\n" for each in left)
    return "".join((before, first, *lines, last, after))


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(passing_on(file.read_text("utf-8")), "utf-8")
