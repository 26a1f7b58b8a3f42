"""A process that tests start imports what the service is installed with, not what they need.

On its PYTHONPATH: httpx and dependency-injector import a command line's and a framework's parts
where they find them, which is a tenth of each start.
"""

import sys

for _name in ("pygments", "rich", "rich_click", "werkzeug"):
    sys.modules[_name] = None  # type: ignore[assignment]  # as if it were not installed
