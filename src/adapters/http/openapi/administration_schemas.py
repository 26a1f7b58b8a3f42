"""The schemas of administered resources: bodies by hand, answers from their shapes."""

from __future__ import annotations

from typing import Any, Final

from adapters.http.administration import shapes
from adapters.http.administration.merchant_routes import DEFAULT_ZONE
from adapters.http.administration.user_bodies import ROLES
from adapters.http.identity.password_policy import LONGEST, SHORTEST
from adapters.http.wire.objects import MAX_NAME_CHARS
from cashback_core.administration.merchants import DEFAULT_MAX_SALE_AGE_DAYS, MAX_SALE_AGE_DAYS
from cashback_core.delivery.brakes import MAX_CASHBACK_CEILING, MAX_DAY_CEILING
from cashback_core.people.clients import CLIENT_ROLES, DEFAULT_OVERLAP_S, MAX_OVERLAP_S
from cashback_core.sales.same_sale import EqualContent
from cashback_core.values.names import NameDifference
from cashback_core.values.reasons import MAX_REASON_CHARS
from cashback_core.values.rounding import Rounding

Schema = dict[str, Any]

ADMINISTRATION_SHAPES: Final = (
    shapes.Merchant,
    shapes.MerchantPage,
    shapes.Stop,
    shapes.StopPage,
    shapes.User,
    shapes.UserPage,
    shapes.ClientSecret,
    shapes.RegisteredClient,
    shapes.IssuedSecret,
    shapes.RegisteredClientPage,
    shapes.TrailLine,
    shapes.TrailPage,
)

_SLUG: Final[Schema] = {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"}
_STATE: Final[Schema] = {
    "name": {
        "type": "string",
        "description": f"1 to {MAX_NAME_CHARS} printable characters.",
        "minLength": 1,
        "maxLength": 4 * MAX_NAME_CHARS,
    },
    "zone": {
        "type": ["string", "null"],
        "default": DEFAULT_ZONE,
        "description": "A name of the IANA time zone database: what a sale's instant without an"
        " offset is read in. The platform's to change. A change counts for sales that come from"
        " then on, within a minute in every process; what is recorded stays as it is.",
    },
    "rounding": {
        "enum": [*(rounding.value for rounding in Rounding), None],
        "default": Rounding.HALF_EVEN.value,
        "description": "How a sale's exact cashback becomes cents. The platform's to change. Each"
        " sale records the one that it was rounded by: a change counts for sales that come from"
        " then on, within a minute in every process, and never rewrites one.",
    },
    "max_sale_age_days": {
        "type": ["integer", "null"],
        "minimum": 1,
        "maximum": MAX_SALE_AGE_DAYS,
        "default": DEFAULT_MAX_SALE_AGE_DAYS,
        "description": "How old a sale may be when it comes.",
    },
    "max_cashback_centavos": {
        "type": ["integer", "null"],
        "minimum": 0,
        "maximum": MAX_CASHBACK_CEILING,
        "description": "A cashback of more is `held` until an operator sends or cancels it; null:"
        " none is. It counts from the next sale on.",
    },
    "max_day_centavos": {
        "type": ["integer", "null"],
        "minimum": 0,
        "maximum": MAX_DAY_CEILING,
        "description": "A cashback with which the merchant's day would have accepted more than this"
        " is `held`; what is held adds nothing to the day. Set in the middle of a day it counts all"
        " of that day; null: no limit.",
    },
    "equal_content": {
        "enum": [*(choice.value for choice in EqualContent), None],
        "default": EqualContent.SALE_ID.value,
        "description": "Which sales may have the content of a recorded one, and are paid beside it:"
        " `sale_id`, those with a sale_id of their own; `key`, those with an Idempotency-Key of"
        " their own, too, for ERPs whose key is the number of the sale; `never`, none.",
    },
    "name_difference": {
        "enum": [*(wanted.value for wanted in NameDifference), None],
        "default": NameDifference.REFUSE.value,
        "description": "What becomes of a new sale whose CPF is known under another person's name:"
        " `refuse` (422 customer_name_mismatch), or `note`: it is recorded with `name_differs`.",
    },
    "disabled": {
        "type": ["boolean", "null"],
        "default": False,
        "description": "Nobody of theirs gets in, and every token of theirs is worthless within"
        " five seconds; what is recorded is still delivered. The platform's to change.",
    },
}
_ROLE: Final[Schema] = {"enum": list(ROLES)}
_USER_STATE: Final[Schema] = {
    "role": _ROLE,
    "disabled": {
        "type": ["boolean", "null"],
        "default": False,
        "description": "May not sign in, and every session of theirs ends within five seconds.",
    },
}
_CLIENT_STATE: Final[Schema] = {
    "name": _STATE["name"],
    "role": {"enum": [*CLIENT_ROLES, None], "default": "erp"},
    "disabled": {
        "type": ["boolean", "null"],
        "default": False,
        "description": "Gets no token, and those that it holds are worthless within five seconds.",
    },
    "group": {
        "type": ["string", "null"],
        "pattern": "^cli_[A-Za-z0-9_-]{22}$",
        "description": "The id of the merchant's client, be it deleted, whose own group it is in"
        " from now on; null for its own. With the role `erp` it reads and repeats what came under"
        " that group, within five seconds, and what it sends comes under it. What is recorded keeps"
        " the group that it came under.",
    },
}
_CURRENT: Final[Schema] = {"type": ["string", "null"], "format": "password"}
_PASSWORD: Final[Schema] = {
    "type": "string",
    "format": "password",
    "minLength": SHORTEST,
    "maxLength": LONGEST,
    "description": "Long, without the username in it, and not among those that are guessed first.",
}


def _object(properties: Schema, *, required: tuple[str, ...] = (), description: str) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_REASON: Final[Schema] = {
    "type": "string",
    "minLength": 1,
    "description": f"Kept for ever: 1 to {MAX_REASON_CHARS} printable characters, and no CPF.",
}

ADMINISTRATION_REQUESTS: Final[dict[str, Schema]] = {
    "StopInput": _object(
        {
            "type": {
                "type": ["string", "null"],
                "description": "A product type of the merchant; left out, everything of it stops.",
            },
            "reason": _REASON,
            "merchant": {
                **_SLUG,
                "description": "Whose; the platform's administrators alone name it.",
            },
        },
        required=("reason",),
        description="A stop to be put on at once.",
    ),
    "LiftInput": _object(
        {"reason": _REASON}, required=("reason",), description="Why it is lifted."
    ),
    "MerchantInput": _object(
        {"slug": _SLUG, **_STATE},
        required=("slug", "name"),
        description="A new merchant; its slug is its address for ever.",
    ),
    "MerchantState": _object(_STATE, required=("name",), description="All that can be changed."),
    "MerchantPatch": _object(_STATE, description="What is to be changed."),
    "UserInput": _object(
        {
            "username": {
                "type": "string",
                "pattern": "^[a-z0-9][a-z0-9._@-]{0,63}$",
                "description": "Unique in the installation, for ever; not `me`, and no CPF.",
            },
            "role": _ROLE,
            "password": _PASSWORD,
            "merchant": {
                **_SLUG,
                "type": ["string", "null"],
                "description": "Whom they act for; the platform's administrators alone name it.",
            },
            "current": {
                **_CURRENT,
                "description": "Your own present one: for role `admin` or `platform`, must be"
                " there.",
            },
        },
        required=("username", "role", "password"),
        description="A new user.",
    ),
    "UserState": _object(_USER_STATE, required=("role",), description="All that can be changed."),
    "UserPatch": _object(_USER_STATE, description="What is to be changed."),
    "ApiClientInput": _object(
        {
            **_CLIENT_STATE,
            "merchant": {
                **_SLUG,
                "description": "Whose it is; the platform's administrators alone name it.",
            },
        },
        required=("name",),
        description="A new API client.",
    ),
    "ApiClientState": _object(
        _CLIENT_STATE, required=("name",), description="All that can be changed."
    ),
    "ApiClientPatch": _object(_CLIENT_STATE, description="What is to be changed."),
    "SecretInput": _object(
        {
            "overlap_s": {
                "type": ["integer", "null"],
                "minimum": 0,
                "maximum": MAX_OVERLAP_S,
                "default": DEFAULT_OVERLAP_S,
                "description": "How many seconds the present secret is good yet.",
            }
        },
        description="When the secret that there is ends.",
    ),
    "PasswordChange": _object(
        {
            "current": {"type": "string", "format": "password", "description": "Until now."},
            "new": _PASSWORD,
        },
        required=("current", "new"),
        description="One's own new password.",
    ),
    "PasswordReset": _object(
        {
            "new": _PASSWORD,
            "current": {
                **_CURRENT,
                "description": "Your own present one: must be there for your own, and for an"
                " administrator's.",
            },
        },
        required=("new",),
        description="A new password.",
    ),
}
