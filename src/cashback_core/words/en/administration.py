"""What is wrong with a change to merchants, stops, and to anything that has versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Heading, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEMS: Final[Mapping[str, Heading]] = {
    "precondition_required": Heading(
        "Which version do you mean?",
        (
            "Nothing was changed. Send If-Match with the ETag of the version that you read, or"
            " If-Match: * for whichever there is."
        ),
    ),
    "precondition_failed": Heading(
        "Changed by somebody else",
        "Nothing was changed: it has another version now. Read it again, then decide.",
    ),
    "already_exists": Heading("Already there", "Nothing was stored: errors names what is taken."),
    "in_use": Heading(
        "In use", "Nothing was changed: something else stands on it; errors says what."
    ),
}

FAULTS: Final[Mapping[str, Text]] = {
    "slug_format": Text("This is no slug.", "1 to 63 of a-z 0-9 -, the first no -"),
    "zone_unknown": Text(
        "There is no such time zone.", "a name of the tz database, such as America/Sao_Paulo"
    ),
    "platform_only": Text("Only the platform's administrators change this.", "the present value"),
    "merchant_stays": Text(
        "All that a merchant ever sold hangs on it: it is never deleted.",
        "disabled true: then nobody of theirs gets in",
    ),
    "stop_lifted": Text("This stop is lifted already.", "a stop that stands"),
    "platforms_stop": Text(
        "The platform put this stop on, and alone lifts it.", "a stop of your own"
    ),
    "no_such_merchant": Text("There is no such merchant.", "the slug of a merchant"),
}
