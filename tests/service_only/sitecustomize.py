"""A process that tests start imports what the service is installed with, not what they need.

On its PYTHONPATH: dependency-injector and Litestar import a framework's parts where they find them,
which is part of each start.
"""

import sys

_ABSENT = frozenset({"annotated_types", "pydantic", "rich_click", "werkzeug"})


class _NotInstalled:
    """Looked at before any folder: a None in sys.modules is a module to Cython's import."""

    @staticmethod
    def find_spec(name: str, _path: object = None, _target: object = None) -> None:
        if name.partition(".")[0] in _ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, _NotInstalled)
