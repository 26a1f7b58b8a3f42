"""The operations of tokens and of signing out."""

from __future__ import annotations

from typing import Final

from adapters.http.administration.users import USERS
from adapters.http.openapi.parts import ANY, BODY, TOKEN, Operation, Success
from adapters.http.openapi.resources import address_parameter

_USERNAME: Final = address_parameter(USERS.key)
_NOTHING: Final = {204: Success(description="Done.")}

IDENTITY: Final[dict[tuple[str, str], Operation]] = {
    ("post", "/api/token"): Operation(
        id="logIn",
        tag="Tokens",
        summary="Log in",
        description="People log in with a username and a password, ERPs with the id and the secret"
        " of an API client: in JSON, or as OAuth 2.0 has it (RFC 6749, 4.4), by a form with the"
        " grant `client_credentials`, the client by HTTP Basic or in the body. A right secret"
        " always passes. After five wrong passwords for a name from an address, one a minute is"
        " looked at (`log_in_throttled`).",
        secured=False,
        body="CredentialsInput",
        example={"username": "demo", "password": "the password that was shown once"},
        form=(
            "ClientCredentialsForm",
            {
                "grant_type": "client_credentials",
                "client_id": "the client's id, cli_…",
                "client_secret": "the secret that was shown once",
            },
        ),
        form_errors=dict.fromkeys((400, 401, 429, 503), "OAuthError"),
        successes={200: Success(schema="TokenAnswer", description="Tokens of the caller.")},
        problems=(
            *ANY,
            *BODY,
            "bad_credentials",
            "invalid_request",
            "log_in_throttled",
            "too_many_logins",
            "unavailable",
        ),
    ),
    ("post", "/api/token/refresh"): Operation(
        id="refreshToken",
        tag="Tokens",
        summary="New tokens for a refresh token",
        description="A refresh token works once. When its answer was lost, send it again: within 30"
        " seconds, and while the refresh token that it bought was not used, it is answered as"
        " before. Later it ends its whole session: nobody can tell its owner from a thief.",
        secured=False,
        body="RefreshInput",
        example={"refresh": "eyJ…"},
        successes={200: Success(schema="TokenPair", description="New tokens of this user.")},
        problems=(
            *ANY,
            *BODY,
            "invalid_token",
            "invalid_request",
            "too_many_logins",
            "unavailable",
        ),
    ),
    ("post", "/api/token/verify"): Operation(
        id="verifyToken",
        tag="Tokens",
        summary="Check a token",
        secured=False,
        body="TokenInput",
        example={"token": "eyJ…"},
        successes={200: Success(schema="Verified", description="It is good now.")},
        problems=(*ANY, *BODY, "invalid_token", "invalid_request", "unavailable"),
    ),
    ("post", "/api/token/revoke"): Operation(
        id="revokeToken",
        tag="Tokens",
        summary="Revoke a token",
        description="Ends the whole session of a user's token, of either kind, and of a client's"
        " token that one alone, everywhere within 5 seconds. A token that is no good is answered"
        " alike.",
        secured=False,
        body="TokenInput",
        example={"token": "eyJ…"},
        successes=_NOTHING,
        problems=(*ANY, *BODY, "invalid_request", "too_many_logins", "unavailable"),
    ),
    ("get", "/.well-known/jwks.json"): Operation(
        id="keys",
        tag="Tokens",
        summary="The public keys of tokens",
        description="For services that check tokens themselves; may be kept for 5 minutes. A new"
        " key is here before anything is signed with it.",
        secured=False,
        successes={200: Success(schema="TokenKeys", description="A JSON Web Key set.")},
        problems=ANY,
    ),
    ("post", "/api/users/me/sign-out"): Operation(
        id="signOut",
        tag="Tokens",
        summary="Sign out everywhere",
        description="Ends every session of the caller, everywhere within 5 seconds.",
        successes=_NOTHING,
        problems=(*ANY, *TOKEN, "forbidden", "unavailable"),
    ),
    ("post", "/api/users/{username}/sign-out"): Operation(
        id="signOutUser",
        tag="Tokens",
        summary="Sign a user out everywhere",
        description="Ends every session of a user of the caller's merchant.",
        parameters=(_USERNAME,),
        successes=_NOTHING,
        problems=(*ANY, *TOKEN, "forbidden", "not_found", "unavailable"),
    ),
}
"""By method and path, as the router has them."""
