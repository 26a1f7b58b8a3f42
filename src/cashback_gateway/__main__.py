"""`python -m cashback_gateway`."""

import sys

from cashback_gateway.cli import main

if __name__ == "__main__":
    sys.exit(main())
