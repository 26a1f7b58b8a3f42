"""Who may come in, and what is wrong with people, their passwords and API clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Heading, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEMS: Final[Mapping[str, Heading]] = {
    "unauthenticated": Heading(
        "Not authenticated", "Send an access token: Authorization: Bearer <token>."
    ),
    "invalid_token": Heading(
        "Token not valid", "The token is expired, of another kind or not ours: log in again."
    ),
    "bad_credentials": Heading(
        "Log-in refused", "Nobody may log in with this name and this password or secret."
    ),
    "forbidden": Heading("Not allowed", "Your role does not allow this; roles tells which do."),
    "log_in_throttled": Heading(
        "Too many failed log-ins",
        "Not let in: too many failed here. Come back after Retry-After seconds.",
    ),
    "rate_exceeded": Heading(
        "Too many requests",
        "Nothing was done: you send more than you may. Come back after Retry-After seconds.",
    ),
    "too_many_logins": Heading(
        "Too many log-ins", "Many log-ins are waiting; come back after Retry-After seconds."
    ),
}

FAULTS: Final[Mapping[str, Text]] = {
    "username_format": Text(
        "This is no username.",
        "1 to 64 of a-z 0-9 . _ @ -, the first a letter or a digit; not me, no CPF",
    ),
    "no_such_group": Text(
        (
            "The merchant has, and had, no such API client: a group goes by the id of the client"
            " whose own it was."
        ),
        "the id of one of the merchant's clients; its own id for its own group",
    ),
    "role_and_merchant": Text(
        "Administrators of the platform have no merchant, and everybody else has one.",
        "platform without a merchant, any other role with one; neither can be changed",
    ),
    "own_role": Text(
        "Nobody changes their own role.", "the present role, or another administrator"
    ),
    "last_administrator": Text(
        "This is the last administrator: nobody could add another one.",
        "another administrator who may sign in",
    ),
    "password_length": Text(
        "The password is too short, too long or not typeable.", "{lowest} to {highest} characters"
    ),
    "password_like_username": Text("The password holds the username.", "a password that does not"),
    "password_common": Text(
        "The password is among those that are guessed first.", "several unrelated words"
    ),
    "password_wrong": Text(
        "This is not your present password.", "the password that you signed in with"
    ),
    "becomes_administrator": Text(
        "Nobody who has an account becomes an administrator.",
        "a new account, made with this role and with `current`",
    ),
    "two_secrets": Text(
        "Two secrets of this client are good: a third would end one that may be in use.",
        "one of them ended first, or its overlap over",
    ),
}

PHRASES: Final[Mapping[str, str]] = {
    "or": "or",
    "nobody_may": "Nobody may do this yet: the route has no roles.",
    "people_may": "Only a person may do this, signed in with a password, as {roles}.",
    "roles_may": "Your role does not allow this; it takes {roles}.",
    "oauth.coded": "Send the form uncompressed.",
    "oauth.too_large": "The form is too large.",
    "oauth.malformed": "The body is no form: name=value pairs joined by &, percent-encoded UTF-8.",
    "oauth.repeated": "A parameter comes twice.",
    "oauth.no_grant": "grant_type is missing: send client_credentials.",
    "oauth.grant": "Only the grant client_credentials is taken; people log in with JSON.",
    "oauth.scope": "There are no scopes: the client's role tells what it may do. Leave scope out.",
    "oauth.twice": "The client comes in the header and again in the body: send it in one of them.",
    "oauth.client": (
        "No such client, a disabled one, or another secret; send client_id and client_secret by"
        " HTTP Basic or in the body."
    ),
    "oauth.throttled": (
        "Nothing was looked at: too many failed here. Come back after Retry-After seconds."
    ),
    "oauth.crowded": "Many log-ins are waiting; come back after Retry-After seconds.",
    "oauth.away": "The database does not answer. Come back after Retry-After seconds.",
}
