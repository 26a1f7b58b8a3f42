"""The acts beside what every administered resource takes: stops, passwords, secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.http.administration.clients import CLIENTS, NEXT_SECRET, IssuedSecret
from adapters.http.administration.own_password import CHANGE as PASSWORD_CHANGE
from adapters.http.administration.own_password import RESET as PASSWORD_RESET
from adapters.http.administration.stops import KEY, LIFT, NEW_STOP
from adapters.http.administration.users import USERS
from adapters.http.administration.webhook_routes import NEXT_WEBHOOK_SECRET, RESEND_WEBHOOKS
from adapters.http.administration.webhooks import (
    KEY as WEBHOOK_KEY,
)
from adapters.http.administration.webhooks import (
    IssuedWebhook,
    WebhookResend,
)
from adapters.http.openapi.parts import BODY, Operation, Success, parameter
from adapters.http.openapi.resources import (
    ANSWERED,
    CREATED,
    EVERY,
    WRITE,
    address_parameter,
    reading,
)
from cashback_core.people.clients import DEFAULT_OVERLAP_S

if TYPE_CHECKING:
    from adapters.http.wire.fields import Schema

_CLIENT_ID: Final = address_parameter(CLIENTS.key)
_STOP_ID: Final = address_parameter(KEY)
_USERNAME: Final = address_parameter(USERS.key)

_WEBHOOK_ID: Final = address_parameter(WEBHOOK_KEY)

ADMINISTRATION_SHAPES: Final = (IssuedSecret, IssuedWebhook, WebhookResend)
ADMINISTRATION_BODIES: Final[dict[str, Schema]] = {
    "StopInput": NEW_STOP.schema(),
    "LiftInput": LIFT.schema(),
    "SecretInput": NEXT_SECRET.schema(),
    "WebhookSecretInput": NEXT_WEBHOOK_SECRET.schema(),
    "WebhookResendInput": RESEND_WEBHOOKS.schema(),
    "PasswordChange": PASSWORD_CHANGE.schema(),
    "PasswordReset": PASSWORD_RESET.schema(),
}
ADMINISTRATION: Final[dict[tuple[str, str], Operation]] = {
    ("post", "/api/stops"): Operation(
        id="stop",
        tag="Stops",
        summary="Stop a product type, or the whole merchant, at once",
        description="No attempt begins once this is answered; what is under way ends. Sales are"
        " recorded as ever and answered with 202 and `waiting`. Lifting it sends what waits. It can"
        " take a moment under load; 503 means: send it again.",
        body="StopInput",
        example={"type": "A", "reason": "the rate has a digit too many"},
        successes={201: Success(schema="Stop", description="It stands.", headers=CREATED)},
        problems=(*WRITE, "already_exists"),
    ),
    ("get", "/api/stops/{id}"): reading("readStop", "Stops", "a stop", "Stop", _STOP_ID),
    ("post", "/api/stops/{id}/lift"): Operation(
        id="liftStop",
        tag="Stops",
        summary="Lift a stop",
        description="What it held back is sent within seconds, as long as no other stop stands"
        " against it. A stop of the platform's is lifted by the platform alone.",
        parameters=(_STOP_ID,),
        body="LiftInput",
        example={"reason": "the rate is right again"},
        successes={200: Success(schema="Stop", description="Lifted.", headers=ANSWERED)},
        problems=(*WRITE, "not_found", "in_use"),
    ),
    ("get", "/api/users/me"): reading("readOwnAccount", "Users", "your own account", "User"),
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
        parameters=(_USERNAME,),
        body="PasswordReset",
        example={"new": "quatro palavras bem longe"},
        successes={204: Success(description="It counts from now on.")},
        problems=(
            *EVERY, *BODY, "invalid_request", "not_found", "log_in_throttled", "too_many_logins",
        ),
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
            201: Success(schema="IssuedSecret", description="Added.", headers=CREATED),
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
    ("post", "/api/webhooks/{id}/secrets"): Operation(
        id="rotateWebhookSecret",
        tag="Webhooks",
        summary="Give an endpoint a further secret",
        description="Told this once. For `overlap_s` more each message is signed by both, so that"
        " the receiver changes over without a break. Refused while two sign, unless"
        " `overlap_s` is 0: then all former ones end now.",
        parameters=(_WEBHOOK_ID,),
        body="WebhookSecretInput",
        example={"overlap_s": DEFAULT_OVERLAP_S},
        successes={201: Success(schema="IssuedWebhook", description="Added.", headers=CREATED)},
        problems=(*WRITE, "not_found", "in_use"),
    ),
    ("post", "/api/webhooks/{id}/test"): Operation(
        id="testWebhook",
        tag="Webhooks",
        summary="Send an endpoint a test",
        description="A message of the type `webhook.test` is sent within seconds, or when the"
        " endpoint rests no more; tried twice at most. Refused while another test waits. What came"
        " of it is in its deliveries.",
        parameters=(_WEBHOOK_ID,),
        successes={202: Success(schema="WebhookDelivery", description="It is sent soon.")},
        problems=(*EVERY, "not_found", "in_use"),
    ),
    ("post", "/api/webhooks/{id}/resend"): Operation(
        id="resendWebhooks",
        tag="Webhooks",
        summary="Count changes, then send them again",
        description="One `change`, or all `since` an instant that the endpoint is told of. Without"
        " `expect` they are only counted; with it they are sent again, under the same ids, if so"
        " many are meant still.",
        parameters=(_WEBHOOK_ID,),
        body="WebhookResendInput",
        example={"since": "2026-11-24"},
        successes={200: Success(schema="WebhookResend", description="How many are meant.")},
        problems=(*WRITE, "not_found", "in_use", "count_changed"),
    ),
}  # fmt: skip
"""By method and path."""
