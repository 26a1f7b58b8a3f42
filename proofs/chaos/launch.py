"""`python -m chaos.launch MUTANT …`: the gateway's own command line with one fault planted.

Production code knows nothing of mutants: this patches it from outside, then runs it.
"""

from __future__ import annotations

import sys

from cashback_gateway.commands.cli import main as gateway
from chaos.planting import PLANTS


def main() -> int:
    """Plant the mutant named first and run the command line that follows."""
    name, *arguments = sys.argv[1:]
    PLANTS[name]()
    return gateway(arguments)


if __name__ == "__main__":
    sys.exit(main())
