"""What is wrong with an endpoint of webhooks, or with what is to be sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Heading, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEMS: Final[Mapping[str, Heading]] = {}

FAULTS: Final[Mapping[str, Text]] = {
    "bad_webhook_url": Text(
        "This is no address that a webhook can be sent to.",
        "https://host/path, without user and fragment, of at most 2,000 characters",
    ),
    "webhook_needs_https": Text(
        "Webhooks are sent encrypted alone.", "an address that begins with https://"
    ),
    "webhook_to_private_network": Text(
        "Webhooks are not sent to private networks.",
        "a public address, or a network that the operators allow",
    ),
    "not_a_change": Text(
        "This is no id of a change.", "<cashback>.<sequence>, as the feed tells it"
    ),
    "change_or_since": Text("It takes one of both.", "either change or since"),
    "too_many_webhooks": Text("There are {limit} endpoints already.", "one that is deleted before"),
    "webhook_not_active": Text("The endpoint is not active.", "active true before"),
    "test_waits": Text(
        "A test of this endpoint waits still.", "what came of that, in its deliveries, before"
    ),
    "too_many_to_resend": Text("These are more than {limit} changes.", "a later since"),
}
