"""A process that tests start imports what the service is installed with, not what they need.

On its PYTHONPATH: dependency-injector imports a framework's parts where it finds them, which is
part of each start.
"""

import sys

for _name in ("rich_click", "werkzeug"):
    sys.modules[_name] = None  # type: ignore[assignment]  # as if it were not installed
