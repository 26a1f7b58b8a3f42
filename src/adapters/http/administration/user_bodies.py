"""The bodies of users and passwords."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from adapters.http.identity.access import ADMINISTRATORS, MEMBERS
from adapters.http.wire.objects import ObjectReader
from cashback_core.administration.merchants import SLUG
from cashback_core.people.password_policy import LONGEST, SHORTEST, refuse_password
from cashback_core.people.roles import Role
from cashback_core.people.users import NEW_USERNAME, UserState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cashback_core.people.users import User

ROLES: Final = tuple(role.value for role in Role)
ADMINISTRATIVE: Final = tuple(sorted(ADMINISTRATORS))
"""Whoever is one of these lets others in: a token alone makes nobody one."""

_LIMITS: Final = {"lowest": str(SHORTEST), "highest": str(LONGEST)}


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedUser:
    """Somebody to be added, before their password is hashed.

    `current` is the present password of whoever adds an administrator, None for anybody else.
    """

    username: str
    role: str
    merchant: str | None
    password: str = field(repr=False)
    current: str | None = field(repr=False)


def read_new_user(document: object, *, by_platform: bool, by_token: bool = True) -> AskedUser:
    """The body of a create; only the platform names a merchant. Raises InvalidRequestError.

    Whoever has but a token to show tells their present password for an administrator's account.
    """
    asks_current = by_token and _is_administrative(document)
    shape = {"username": True, "role": True, "password": True, "current": asks_current}
    body = ObjectReader(document, {**shape, "merchant": False} if by_platform else shape)
    username = body.text("username", NEW_USERNAME, "username_format")
    roles = ROLES if by_platform else tuple(sorted(MEMBERS))
    asked = AskedUser(
        username=username,
        role=body.choice("role", roles),
        merchant=body.text("merchant", SLUG, "no_such_merchant") if by_platform else None,
        password=_read_new_password(body, "password", username),
        current=body.secret("current") if asks_current else None,
    )
    body.refuse_faults()
    return AskedUser(
        username=asked.username,
        role=asked.role,
        merchant=asked.merchant or None,
        password=asked.password,
        current=asked.current,
    )


def _is_administrative(document: object) -> bool:
    if not isinstance(document, dict):
        return False
    return cast("Mapping[object, object]", document).get("role") in ADMINISTRATIVE


def check_state(document: object) -> UserState:
    """A user's state out of a whole document; raises InvalidRequestError."""
    body = ObjectReader(document, {"role": True, "disabled": False})
    state = UserState(role=body.choice("role", ROLES), disabled=body.truth("disabled"))
    body.refuse_faults()
    return state


def document_of(user: User) -> dict[str, object]:
    """What a PUT of a user as they are would send."""
    return {"role": user.state.role, "disabled": user.state.disabled}


def read_new_password(document: object, username: str) -> str:
    """The body of a reset: `new`, and `current` in vain; raises InvalidRequestError."""
    body = ObjectReader(document, {"new": True, "current": False})
    new = _read_new_password(body, "new", username)
    body.refuse_faults()
    return new


def read_changed_password(document: object, username: str) -> tuple[str, str]:
    """The body of one's own change, or an administrator's: `current` and `new`.

    Raises InvalidRequestError.
    """
    body = ObjectReader(document, {"current": True, "new": True})
    current, new = body.secret("current"), _read_new_password(body, "new", username)
    body.refuse_faults()
    return current, new


def _read_new_password(body: ObjectReader, name: str, username: str) -> str:
    password = body.secret(name)
    code = refuse_password(password, username)
    if code is not None and body.is_text(name):
        body.tell_quietly(name, code, **_LIMITS)
    return password
