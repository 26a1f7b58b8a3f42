"""Asks one address and ends with 0 when the answer is 200: the containers' health check."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

TIMEOUT_S = 4


def main(url: str) -> int:
    """Tell by the exit code whether the address answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 - compose says it
            return 0 if answer.status == 200 else 1
    except (OSError, urllib.error.URLError) as error:
        sys.stderr.write(f"{url}: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
