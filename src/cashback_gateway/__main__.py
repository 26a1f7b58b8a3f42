"""`python -m cashback_gateway`."""

import sys

from cashback_gateway.commands.cli import main

if __name__ == "__main__":
    sys.exit(main())
