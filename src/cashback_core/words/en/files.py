"""What is told of files of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Heading, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEMS: Final[Mapping[str, Heading]] = {
    "file_refused": Heading(
        "File refused",
        (
            "It does not add up to what was declared, or cannot be read to its end: nothing of it"
            " counts."
        ),
    ),
    "file_elsewhere": Heading(
        "Brought by somebody else",
        "Somebody else is handing in the same file at this moment: send it again, it goes on.",
    ),
}

FAULTS: Final[Mapping[str, Text]] = {
    "file_fault": Text("About the file: {why}.", "a file that is as it is said to be"),
}

PHRASES: Final[Mapping[str, str]] = {
    "file.topic.erp_day": "an ERP's day",
    "file.topic.statement": "a statement of the provider",
    "file.state.begun": "begun: the same file, brought again, goes on",
    "file.state.complete": "complete",
    "file.state.refused": "refused: nothing of it counts",
}
