"""The provider's side of the world: the client that pays, and a sandbox to pay against."""

import sys

# httpx has a command line of its own, and loads it where rich and pygments are: a tenth of a second
# at each start, for nothing. What is None here is as if it were not installed.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
