"""Who is asking, and may they: decided before any of the body is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from adapters.http.identity.roles import NOBODY, Access, Roles
from adapters.http.problems.problem import Problem
from adapters.http.wire.headers import Fields, read_fields
from cashback_core.administration.resources import Caller
from cashback_core.people.callers import USER
from cashback_core.people.roles import Role
from cashback_core.people.tokens import TokenKind, Tokens
from cashback_core.traces import TRAIL, note_merchant
from cashback_core.values.unchecked import unchecked
from cashback_core.words.locales import languages, phrase

if TYPE_CHECKING:
    from litestar import Request
    from litestar.types import HTTPScope

    from cashback_core.people.rate_limit import RateLimit
    from cashback_core.people.standings import Standings
    from cashback_core.words.locales import Language

_SCHEME: Final = b"bearer "


class UnauthenticatedError(Exception):
    """No credentials came."""


class ForbiddenError(Exception):
    """The caller is known, and may not do this; `roles` may, and with `person` only people."""

    def __init__(self, roles: Roles, *, person: bool = False) -> None:
        super().__init__(", ".join(sorted(roles)))
        self.roles = roles
        self.person = person


def forbidden(error: ForbiddenError) -> Problem:
    """That a route is for others: it names whom it lets in, least first."""
    named = tuple(role.value for role in Role if role in error.roles)
    detail = {language: _who_may(language, named, error) for language in languages()}
    return Problem(code="forbidden", roles=named, detail=detail)


def _who_may(language: Language, named: tuple[str, ...], error: ForbiddenError) -> str:
    if not named:
        return phrase(language, "nobody_may")
    *first, last = named
    roles = f"{', '.join(first)} {phrase(language, 'or')} {last}" if first else last
    said = phrase(language, "people_may" if error.person else "roles_may")
    return said.format(roles=roles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Whom a request acts for. The merchant is the token's: nothing else in a request names one."""

    subject: str
    """`user:` and a username, or `client:` and the id of an API client."""

    group: str
    """The subject whose own the group is that a sale of theirs comes under."""

    role: Role
    home: int | None
    """The merchant; None for the platform's administrator."""

    admitted: Roles
    """Whom the route lets in."""

    @property
    def reads_only(self) -> str | None:
        """The only group whose sales may be read: of a shop's system its present one."""
        return self.group if self.role is Role.ERP else None

    @property
    def caller(self) -> Caller:
        """The caller of a store's method; the audit trail has their name and the request's id."""
        trail = TRAIL.get()
        return Caller(
            actor=self.subject,
            merchant_id=self.home,
            request_id=None if trail is None else trail.request_id,
        )

    @property
    def username(self) -> str:
        """The user's name, which signs acts; raises ForbiddenError for an API client."""
        if not self.subject.startswith(USER):
            raise ForbiddenError(self.admitted, person=True)
        return self.subject.removeprefix(USER)

    @property
    def merchant_id(self) -> int:
        """The merchant that the request is about; raises ForbiddenError for whoever has none."""
        if self.home is None:
            raise ForbiddenError(self.admitted - {Role.PLATFORM})
        return self.home


_principal: Final = unchecked(Principal)


@dataclass(frozen=True, slots=True)
class Admission:
    """Reads the header `Authorization` (RFC 6750, 2.1) and holds its owner against the table."""

    tokens: Tokens
    standings: Standings
    limit: RateLimit
    access: Access

    async def __call__(self, request: Request[Any, Any, Any]) -> tuple[Fields, Principal]:
        """The header fields and who sent them. Raises as `sender` does."""
        fields = read_fields(request.scope["headers"])
        return fields, await self.sender(fields, request.scope)

    async def sender(self, fields: Fields, scope: HTTPScope) -> Principal:
        """Who sent these header fields, if they may do what was asked for.

        Raises UnauthenticatedError, InvalidTokenError, RateExceededError, ForbiddenError,
        StoreUnavailable.
        """
        value = fields.get(b"authorization")
        if value is None or value[:7].lower() != _SCHEME:
            raise UnauthenticatedError
        # Latin-1 never fails; what is not a token is refused by the check of the token.
        token = value[7:].strip(b" ").decode("latin-1")
        claims = self.tokens.check(token, TokenKind.ACCESS)
        standing = await self.standings(claims)
        if standing.merchant_id is not None:
            note_merchant(standing.merchant_id)
        await self.limit(standing.subject)
        admitted = self.access.get(_operation(scope), NOBODY)
        if standing.role not in admitted:
            raise ForbiddenError(admitted)
        return _principal(
            subject=standing.subject,
            group=standing.group,
            role=standing.role,
            home=standing.merchant_id,
            admitted=admitted,
        )


def _operation(scope: HTTPScope) -> tuple[str, str]:
    method = scope["method"].lower()
    return ("get" if method == "head" else method, scope["path_template"])
