"""The operations of merchants, users, API clients and the audit trail."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from adapters.http.administration.client_routes import ORDERING as CLIENTS
from adapters.http.administration.merchant_routes import ORDERING as MERCHANTS
from adapters.http.administration.stop_routes import ORDERING as STOPS
from adapters.http.administration.trail_routes import ORDERING as TRAIL
from adapters.http.administration.user_bodies import ROLES
from adapters.http.administration.user_routes import ORDERING as USERS
from adapters.http.openapi import fresh
from adapters.http.openapi.identity import USERNAME
from adapters.http.openapi.parts import BODY, Operation, Success, parameter
from adapters.http.openapi.resources import (
    EVERY,
    WRITE,
    Described,
    listed,
    pages,
)
from cashback_core.people.clients import CLIENT_ROLES, DEFAULT_OVERLAP_S

if TYPE_CHECKING:
    from adapters.http.openapi.schemas import Schema

_FROM: Final = (
    "At this instant, or on this day (the merchant's own, of the platform in UTC), or later."
)
_TO: Final = "Before this instant, or to the end of this day."
_TEXT: Final[Schema] = {"type": "string"}
_DISABLED: Final = parameter("disabled", "query", "Only these.", {"enum": ["true", "false"]})
_MERCHANT: Final = parameter("merchant", "query", "Only of the merchant of this slug.", _TEXT)
_SLUG: Final = parameter("slug", "path", "The merchant's slug.", _TEXT)
_A_MERCHANT: Final = Described(
    tag="Merchants", what="a merchant", schema="Merchant", where=(_SLUG,)
)
_A_USER: Final = Described(tag="Users", what="a user", schema="User", where=(USERNAME,))
_CLIENT_ID: Final = parameter("id", "path", "The client's id, `cli_…`.", _TEXT)
_A_CLIENT: Final = Described(
    tag="API clients", what="an API client", schema="RegisteredClient", where=(_CLIENT_ID,)
)
_CREATED: Final = ("Location", "ETag")
_KNOWN_LATER: Final = (
    " Every API process knows it within 30 seconds; until then one may decide by what was before."
)
_TERMS: Final[dict[str, Any]] = {
    "name": "Rede de Lojas",
    "zone": "America/Sao_Paulo",
    "rounding": "half_even",
    "max_sale_age_days": 30,
    "max_cashback_centavos": 50_000,
    "max_day_centavos": 2_000_000,
    "equal_content": "sale_id",
    "name_difference": "refuse",
    "disabled": False,
}

_STOP_ID: Final = parameter("id", "path", "The stop's id.", {"type": "string", "format": "uuid"})
_A_STOP: Final = Described(tag="Stops", what="a stop", schema="Stop", where=(_STOP_ID,))

ADMINISTRATION: Final[dict[tuple[str, str], Operation]] = {
    ("post", "/api/stops"): Operation(
        id="stop",
        tag="Stops",
        summary="Stop a product type, or the whole merchant, at once",
        description="Nothing of it is sent from now on: no attempt begins once this is answered,"
        " what is under way ends. Sales are taken and recorded as ever; their cashbacks are"
        " answered with 202 and `waiting`. Lifting it sends what waits. Whoever sells waits for the"
        " stop's commit, so it can take a moment under load; 503 means: send it again.",
        body="StopInput",
        example={"type": "A", "reason": "the rate has a digit too many"},
        successes={201: Success(schema="Stop", description="It stands.", headers=_CREATED)},
        problems=(*WRITE, "already_exists"),
    ),
    ("get", "/api/stops"): listed(
        "listStops",
        "Stops",
        "stops",
        "StopPage",
        pages(
            STOPS,
            parameter("standing", "query", "Only these.", {"enum": ["true", "false"]}),
            _MERCHANT,
        ),
    ),
    ("get", "/api/stops/{id}"): _A_STOP.read("readStop"),
    ("post", "/api/stops/{id}/lift"): Operation(
        id="liftStop",
        tag="Stops",
        summary="Lift a stop",
        description="What it held back is sent within seconds, as long as no other stop stands"
        " against it. A stop of the platform's is lifted by the platform alone.",
        parameters=(_STOP_ID,),
        body="LiftInput",
        example={"reason": "the rate is right again"},
        successes={200: Success(schema="Stop", description="Lifted.", headers=("ETag",))},
        problems=(*WRITE, "not_found", "in_use"),
    ),
    ("post", "/api/merchants"): Operation(
        id="createMerchant",
        tag="Merchants",
        summary="Add a merchant",
        description="For the platform's administrators. Then add its first administrator"
        " (`POST /api/users`), who adds everybody else.",
        body="MerchantInput",
        example={"slug": f"rede-{fresh.NAME}", **_TERMS},
        successes={201: Success(schema="Merchant", description="Added.", headers=_CREATED)},
        problems=(*WRITE, "already_exists"),
    ),
    ("get", "/api/merchants"): listed(
        "listMerchants",
        "Merchants",
        "merchants",
        "MerchantPage",
        pages(MERCHANTS, parameter("slug", "query", "Only this one.", _TEXT), _DISABLED),
    ),
    ("get", "/api/merchants/{slug}"): _A_MERCHANT.read("readMerchant"),
    ("put", "/api/merchants/{slug}"): _A_MERCHANT.changed(
        "replaceMerchant",
        body="MerchantState",
        example=_TERMS,
        more=_KNOWN_LATER,
    ),
    ("patch", "/api/merchants/{slug}"): _A_MERCHANT.changed(
        "patchMerchant",
        body="MerchantPatch",
        example={"name": "Rede de Lojas S.A."},
        more=_KNOWN_LATER,
    ),
    ("delete", "/api/merchants/{slug}"): _A_MERCHANT.deleted(
        "deleteMerchant",
        "Always refused: all that it ever sold hangs on it. Disable it instead.",
        problems=("in_use",),
    ),
    ("post", "/api/users"): Operation(
        id="createUser",
        tag="Users",
        summary="Add a user with a first password",
        description="An administrator adds their own merchant's; the platform's name the"
        " `merchant`, or none for role `platform`. A name is given away once, for ever."
        " Making an administrator (`admin`, `platform`) takes your own present password,"
        " `current`.",
        body="UserInput",
        example={
            "username": f"maria-{fresh.NAME}",
            "role": "operator",
            "password": "quatro palavras bem longe",
        },
        successes={201: Success(schema="User", description="Added.", headers=_CREATED)},
        problems=(*WRITE, "already_exists", "log_in_throttled", "too_many_logins"),
    ),
    ("get", "/api/users"): listed(
        "listUsers",
        "Users",
        "users",
        "UserPage",
        pages(USERS, parameter("role", "query", "Only these.", {"enum": list(ROLES)}),
              _DISABLED, _MERCHANT),
    ),
    ("get", "/api/users/{username}"): _A_USER.read("readUser"),
    ("put", "/api/users/{username}"): _A_USER.changed(
        "replaceUser",
        body="UserState",
        example={"role": "analyst", "disabled": False},
        problems=("in_use",),
    ),
    ("patch", "/api/users/{username}"): _A_USER.changed(
        "patchUser",
        body="UserPatch",
        example={"disabled": True},
        problems=("in_use",),
    ),
    ("delete", "/api/users/{username}"): _A_USER.deleted(
        "deleteUser",
        "They get in no more, every session of theirs has ended, and the name stays taken.",
        problems=("in_use",),
    ),
    ("get", "/api/users/me"): replace(_A_USER, what="your own account", where=()).read(
        "readOwnAccount"
    ),
    ("put", "/api/users/me/password"): Operation(
        id="changePassword",
        tag="Users",
        summary="Change your own password",
        description="Ends every session of yours, this one too: log in with the new one.",
        body="PasswordChange",
        example={"current": "the password until now", "new": "quatro palavras bem longe"},
        successes={204: Success(description="It counts from now on.")},
        problems=(
            *EVERY, *BODY, "invalid_request", "not_found", "log_in_throttled", "too_many_logins",
        ),
    ),
    ("put", "/api/users/{username}/password"): Operation(
        id="resetPassword",
        tag="Users",
        summary="Give a user who forgot theirs a new password",
        description="Ends every session that was begun with the old one. Your own goes as at"
        " `PUT /api/users/me/password`, and another administrator's too: with `current`, your own"
        " present password.",
        parameters=(USERNAME,),
        body="PasswordReset",
        example={"new": "quatro palavras bem longe"},
        successes={204: Success(description="It counts from now on.")},
        problems=(
            *EVERY, *BODY, "invalid_request", "not_found", "log_in_throttled", "too_many_logins",
        ),
    ),
    ("post", "/api/clients"): Operation(
        id="createClient",
        tag="API clients",
        summary="Add an API client, through which an ERP gets in",
        description="The secret is told this once; only its hash is kept. With both the ERP asks"
        " `POST /api/token` for its tokens. The platform's administrators name the `merchant`.",
        body="ApiClientInput",
        example={"name": f"ERP {fresh.NAME}", "role": "erp"},
        successes={
            201: Success(schema="IssuedSecret", description="Added.", headers=_CREATED),
        },
        problems=(*WRITE, "already_exists"),
    ),
    ("get", "/api/clients"): listed(
        "listClients",
        "API clients",
        "API clients",
        "RegisteredClientPage",
        pages(CLIENTS, parameter("role", "query", "Only these.", {"enum": list(CLIENT_ROLES)}),
              _DISABLED, _MERCHANT),
    ),
    ("get", "/api/clients/{id}"): _A_CLIENT.read("readClient"),
    ("put", "/api/clients/{id}"): _A_CLIENT.changed(
        "replaceClient",
        body="ApiClientState",
        example={"name": f"ERP da matriz {fresh.NAME}", "role": "erp", "disabled": False},
        problems=("already_exists",),
    ),
    ("patch", "/api/clients/{id}"): _A_CLIENT.changed(
        "patchClient",
        body="ApiClientPatch",
        example={"disabled": True},
        problems=("already_exists",),
    ),
    ("delete", "/api/clients/{id}"): _A_CLIENT.deleted(
        "deleteClient", "Its secrets and tokens end within five seconds; its name is free again."
    ),
    ("post", "/api/clients/{id}/secrets"): Operation(
        id="rotateSecret",
        tag="API clients",
        summary="Give an API client a further secret",
        description="Told this once. The secret that it has is good for `overlap_s` more, so that"
        " the ERP changes over without a break. Refused while two are good.",
        parameters=(_CLIENT_ID,),
        body="SecretInput",
        example={"overlap_s": DEFAULT_OVERLAP_S},
        successes={
            201: Success(schema="IssuedSecret", description="Added.", headers=_CREATED),
        },
        problems=(*WRITE, "not_found", "in_use"),
    ),
    ("delete", "/api/clients/{id}/secrets/{number}"): Operation(
        id="endSecret",
        tag="API clients",
        summary="End a secret now",
        description="With every token that was bought with it, everywhere within five seconds.",
        parameters=(
            _CLIENT_ID,
            parameter("number", "path", "Which of its secrets.", {"type": "integer"}),
        ),
        successes={204: Success(description="It is good no more.")},
        problems=(*EVERY, "not_found"),
    ),
    ("get", "/api/audit"): listed(
        "listAudit",
        "Audit",
        "changes, the latest first: who changed what, and when",
        "TrailPage",
        pages(
            TRAIL,
            _MERCHANT,
            parameter("actor", "query", "Only by this subject, `user:maria` for one.", _TEXT),
            parameter("resource", "query", "Only of this sort: `users` for one.", _TEXT),
            parameter("key", "query", "Only of the one of this key.", _TEXT),
            parameter("from", "query", _FROM, _TEXT),
            parameter("to", "query", _TO, _TEXT),
        ),
        "not_found",
    ),
}  # fmt: skip
"""By method and path."""
