"""`python -m chaos.launch MUTANT …`: the gateway's own command line with a fault planted, or none.

Production code knows nothing of mutants, nor of days of seconds: this patches it from outside, then
runs it.
"""

from __future__ import annotations

import sys

from cashback_gateway.commands.cli import main as gateway
from chaos.planting import PLANTS
from chaos.short_days import close_short_days
from chaos.system import NO_MUTANT


def main() -> int:
    """Plant the mutant named first and run the command line that follows, closing short days."""
    name, *arguments = sys.argv[1:]
    close_short_days()
    if name != NO_MUTANT:
        PLANTS[name]()
    return gateway(arguments)


if __name__ == "__main__":
    sys.exit(main())
