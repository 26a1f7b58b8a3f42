"""The filters of a list as plain values: each reads its parameter, and is its own schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

from adapters.http.wire.queries import MAX_WHOLE

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from uuid import UUID

    from adapters.http.wire.fields import Schema
    from adapters.http.wire.queries import QueryReader
    from cashback_core.values.documents import BuyerDocument, Cnpj

DAY: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIME: Final = "[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,30})?)?"
"""How days and times are written, for schemas."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_UTC = ZoneInfo("UTC")


class Filter(Protocol[T_co]):
    """What a parameter of a list may say; `about` is for the document."""

    @property
    def about(self) -> str:
        """What it is for."""
        ...

    def read(self, query: QueryReader, name: str, zone: ZoneInfo) -> T_co | None:
        """Its value, None without it; a fault is noted in the reader."""
        ...

    def schema(self) -> Schema:
        """What JSON Schema says of it."""
        ...


class Filters(Generic[T]):
    """The filters of a list: they read a query into what is wanted, and are its parameters."""

    __slots__ = ("_into", "filters", "is_zoned")

    def __init__(self, into: Callable[..., T], /, **filters: Filter[Any]) -> None:
        self.filters: Mapping[str, Filter[Any]] = filters
        self.is_zoned = any(isinstance(one, BoundFilter) for one in filters.values())
        """Whether there are days and instants among them, which are somebody's own time."""
        self._into = into

    @property
    def names(self) -> tuple[str, ...]:
        """Of the parameters."""
        return tuple(self.filters)

    def read(self, query: QueryReader, zone: ZoneInfo = _UTC) -> T:
        """What is wanted; where a fault is noted, as if it had not been asked for."""
        return self._into(
            **{name: one.read(query, name, zone) for name, one in self.filters.items()}
        )

    def parameters(self) -> tuple[Schema, ...]:
        """As the OpenAPI document has them."""
        return tuple(
            {
                "name": name,
                "in": "query",
                "description": one.about,
                "schema": one.schema(),
            }
            for name, one in self.filters.items()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceFilter:
    """One of some texts; `code` is told of any other; `named` is the schema that lists them."""

    about: str
    choices: tuple[str, ...]
    code: str = "no_such_choice"
    default: str | None = None
    named: str | None = None

    def read(self, query: QueryReader, name: str, zone: ZoneInfo) -> str | None:  # noqa: ARG002
        """See Filter."""
        return query.choice(name, self.choices, code=self.code)

    def schema(self) -> Schema:
        """See Filter."""
        if self.named is not None:
            return {"$ref": f"#/components/schemas/{self.named}"}
        default = {} if self.default is None else {"default": self.default}
        return {"type": "string", "enum": list(self.choices), **default}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoicesFilter:
    """Some of some texts, the parameter repeated; `code` is told of any other.

    `named` is the schema that lists them.
    """

    about: str
    choices: tuple[str, ...]
    named: str
    code: str = "no_such_choice"

    def read(self, query: QueryReader, name: str, zone: ZoneInfo) -> frozenset[str]:  # noqa: ARG002
        """See Filter; an empty set without it."""
        return query.choices(name, self.choices, code=self.code)

    def schema(self) -> Schema:
        """See Filter."""
        items = {"$ref": f"#/components/schemas/{self.named}"}
        return {"type": "array", "items": items, "uniqueItems": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountFilter:
    """An amount in reais; read as centavos."""

    about: str

    def read(self, query: QueryReader, name: str, zone: ZoneInfo) -> int | None:  # noqa: ARG002
        """See Filter."""
        return query.amount(name)

    def schema(self) -> Schema:
        """See Filter."""
        return {"type": "string", "pattern": r"^[0-9]{1,8}(\.[0-9]{1,2})?$", "examples": ["10.00"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class IdFilter:
    """The id of something."""

    about: str

    def read(self, query: QueryReader, name: str, zone: ZoneInfo) -> UUID | None:  # noqa: ARG002
        """See Filter."""
        return query.id(name)

    def schema(self) -> Schema:
        """See Filter."""
        return {"type": "string", "format": "uuid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthFilter:
    """`true` or `false`."""

    about: str

    def read(self, query: QueryReader, name: str, zone: ZoneInfo) -> bool | None:  # noqa: ARG002
        """See Filter."""
        return query.truth(name)

    def schema(self) -> Schema:
        """See Filter."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingFilter:
    """A text of a form, of so many characters; `code` is told of any other."""

    about: str
    form: re.Pattern[str]
    code: str
    longest: int

    def read(self, query: QueryReader, name: str, zone: ZoneInfo) -> str | None:  # noqa: ARG002
        """See Filter."""
        return query.matching(name, self.form, self.code, longest=self.longest)

    def schema(self) -> Schema:
        """See Filter; an empty text is one of the form, or it is not."""
        shortest = 1 if self.form.match("") is None else 0
        return {"type": "string", "minLength": shortest, "maxLength": self.longest}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFilter:
    """A text to compare with; one that is a `name` has no blanks, which were bare + then."""

    about: str
    name: bool = False

    def read(self, query: QueryReader, name: str, zone: ZoneInfo) -> str | None:  # noqa: ARG002
        """See Filter."""
        return query.name(name) if self.name else query.text(name)

    def schema(self) -> Schema:
        """See Filter."""
        return {"type": "string"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CnpjFilter:
    """A company's number, of whatever may be known: no buyer's."""

    about: str

    def read(self, query: QueryReader, name: str, zone: ZoneInfo) -> Cnpj | None:  # noqa: ARG002
        """See Filter."""
        return query.cnpj(name)

    def schema(self) -> Schema:
        """See Filter."""
        return {"type": "string", "minLength": 14, "maxLength": 18}


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeFilter:
    """A whole number within limits."""

    about: str
    lowest: int = 1
    highest: int = MAX_WHOLE

    def read(self, query: QueryReader, name: str, zone: ZoneInfo) -> int | None:  # noqa: ARG002
        """See Filter."""
        return query.whole(name, lowest=self.lowest, highest=self.highest)

    def schema(self) -> Schema:
        """See Filter."""
        highest = {} if self.highest == MAX_WHOLE else {"maximum": self.highest}
        return {"type": "integer", "minimum": self.lowest, **highest}


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFilter:
    """A customer's document, in one word."""

    about: str

    def read(self, query: QueryReader, name: str, zone: ZoneInfo) -> BuyerDocument | None:  # noqa: ARG002
        """See Filter."""
        return query.document(name)

    def schema(self) -> Schema:
        """See Filter."""
        return {"type": "string"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldBoundFilter:
    """A bound that is told of something: a wall clock, where it has no offset."""

    about: str

    def read(self, query: QueryReader, name: str, zone: ZoneInfo) -> datetime | None:  # noqa: ARG002
        """See Filter."""
        return query.told_bound(name)

    def schema(self) -> Schema:
        """See Filter."""
        return BoundFilter(about=self.about).schema()


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundFilter:
    """A bound of a span of time: an instant, or a whole day; `end` is the span's end."""

    about: str
    end: bool = False

    def read(self, query: QueryReader, name: str, zone: ZoneInfo) -> datetime | None:
        """See Filter."""
        return query.bound(name, zone, end=self.end)

    def schema(self) -> Schema:
        """See Filter."""
        return {
            "type": "string",
            "pattern": rf"^{DAY}([Tt ]{TIME}([Zz]|[ +-][0-9]{{2}}(:?[0-9]{{2}})?)?)?$",
            "examples": ["2026-01-02", "2026-01-02T00:00:00-03:00"],
        }
