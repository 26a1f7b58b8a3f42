"""The fields of a JSON object as plain values: each reads what came, and is its own schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

from adapters.http.wire.objects import MAX_NAME_CHARS, ObjectReader
from cashback_core.values.documents import MAX_FOREIGN_CHARS, MIN_FOREIGN_CHARS
from cashback_core.values.reasons import MAX_REASON_CHARS

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from cashback_core.values.documents import BuyerDocument

Schema = dict[str, Any]
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_UTC = ZoneInfo("UTC")
CPF_OR_CNPJ: Final = (
    r"[0-9]{11}|[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}"
    r"|[0-9A-Z]{12}[0-9]{2}|[0-9A-Z]{2}\.[0-9A-Z]{3}\.[0-9A-Z]{3}/[0-9A-Z]{4}-[0-9]{2}"
)
FOREIGN: Final = f"[0-9A-Za-z./-]{{{MIN_FOREIGN_CHARS},{MAX_FOREIGN_CHARS}}}"
"""What documents look like, in patterns of the OpenAPI document."""

_DOCUMENT: Final = f"^({CPF_OR_CNPJ}|foreign:{FOREIGN})$"


class Field(Protocol[T_co]):
    """What may stand in a field of an object; `must` it be there?"""

    @property
    def must(self) -> bool:
        """Whether an object without it is refused."""
        ...

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> T_co:
        """Its value; a fault is noted in the reader. Instants without an offset are in `zone`."""
        ...

    def schema(self) -> Schema:
        """What JSON Schema says of it."""
        ...


class BodyRule(Protocol):
    """What of an object no single field can tell: it notes faults in the reader."""

    def __call__(self, reader: ObjectReader, values: Mapping[str, Any], /) -> None:
        """See BodyRule; `values` are what the fields hold."""
        ...


class Body(Generic[T]):
    """An object of a request: it reads one into a value, and is its schema.

    `into` makes the value of what the fields hold, by their names, once nothing is wrong with them
    and with the `rules`; `about` is for the document.
    """

    __slots__ = ("_into", "_of_merchants", "_of_platform", "_rules", "about", "fields", "is_zoned")

    def __init__(
        self, about: str, into: Callable[..., T], /, *rules: BodyRule, **fields: Field[Any]
    ) -> None:
        self.about = about
        self.fields: Mapping[str, Field[Any]] = fields
        self.is_zoned = any(isinstance(field, (Bound, Instant)) for field in fields.values())
        """Whether it has instants, which without an offset are somebody's own time."""
        self._into = into
        self._rules = rules
        self._of_platform = {name: field.must for name, field in fields.items()}
        self._of_merchants = {
            name: field.must
            for name, field in fields.items()
            if not isinstance(field, PlatformOnly)
        }

    def reader(self, document: object, *, by_platform: bool = False) -> ObjectReader:
        """The object being read, for whoever has more to say of it than its fields do."""
        return ObjectReader(document, self._shape(by_platform=by_platform))

    def values(
        self, reader: ObjectReader, zone: ZoneInfo = _UTC, *, by_platform: bool = False
    ) -> dict[str, Any]:
        """What each field holds; stand-ins where a fault is noted, None where it may not be."""
        shape = self._shape(by_platform=by_platform)
        return {
            name: field.read(reader, name, zone) if name in shape else None
            for name, field in self.fields.items()
        }

    def read(self, document: object, zone: ZoneInfo = _UTC, *, by_platform: bool = False) -> T:
        """The value that it holds. Raises InvalidRequestError with everything that is wrong."""
        reader = self.reader(document, by_platform=by_platform)
        values = self.values(reader, zone, by_platform=by_platform)
        for rule in self._rules:
            rule(reader, values)
        reader.refuse_faults()
        return self._into(**values)

    def schema(self) -> Schema:
        """The schema of exactly such objects."""
        needed = [name for name, must in self._of_merchants.items() if must]
        return self._object(self.about, needed)

    def patch_schema(self) -> Schema:
        """The schema of a merge patch (RFC 7396) of them."""
        return self._object("What is to be changed.", [])

    def _shape(self, *, by_platform: bool) -> Mapping[str, bool]:
        return self._of_platform if by_platform else self._of_merchants

    def _object(self, about: str, needed: list[str]) -> Schema:
        return {
            "type": "object",
            "description": about,
            "properties": {name: field.schema() for name, field in self.fields.items()},
            "required": needed,
            "additionalProperties": False,
        }


@dataclass(frozen=True, slots=True)
class PlatformOnly:
    """A field that the platform's administrators alone may send; None from everybody else."""

    field: Field[Any]

    @property
    def must(self) -> bool:
        """Of them."""
        return self.field.must

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> Any:
        """See Field."""
        return self.field.read(body, name, zone)

    def schema(self) -> Schema:
        """See Field."""
        return self.field.schema()


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField:
    """A text of a form; `code` is told of any other. None where it may be left out, and is.

    `says` is what its schema has beside its type.
    """

    form: re.Pattern[str]
    code: str
    says: Schema
    must: bool = True

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> str | None:  # noqa: ARG002
        """See Field."""
        text = body.text(name, self.form, self.code)
        return text if self.must else text or None

    def schema(self) -> Schema:
        """See Field."""
        return {"type": _type("string", must=self.must), **self.says}


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """What people call something; None where it may be left out, and is."""

    must: bool = True

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> str | None:  # noqa: ARG002
        """See Field."""
        return body.name(name) if self.must or body.has(name) else None

    def schema(self) -> Schema:
        """See Field."""
        return {
            "type": _type("string", must=self.must),
            "description": f"1 to {MAX_NAME_CHARS} printable characters.",
            "minLength": 1,
            "maxLength": 4 * MAX_NAME_CHARS,
        }


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name that a sale could give its customer."""

    @property
    def must(self) -> bool:
        """Always."""
        return True

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> str:  # noqa: ARG002
        """See Field."""
        return body.person_name(name)

    def schema(self) -> Schema:
        """See Field."""
        return {
            "type": "string",
            "description": f"1 to {MAX_NAME_CHARS} printable characters, counted in NFC, a letter"
            " among them; no text whose UTF-8 was read as Windows-1252 or Latin-1.",
            "minLength": 1,
            "maxLength": 4 * MAX_NAME_CHARS,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretField:
    """A text that is told to nobody, not even to whoever sent it."""

    about: str
    must: bool = True
    shortest: int | None = None
    longest: int | None = None

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> str:  # noqa: ARG002
        """See Field; empty where it is left out."""
        return body.secret(name)

    def schema(self) -> Schema:
        """See Field; how long it may be the policy of passwords checks, once it is normalised."""
        limits = {"minLength": self.shortest, "maxLength": self.longest}
        return {
            "type": _type("string", must=self.must),
            "format": "password",
            "description": self.about,
            **{name: limit for name, limit in limits.items() if limit is not None},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """A moment, of which None is left out."""

    about: str

    @property
    def must(self) -> bool:
        """Never."""
        return False

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> datetime | None:
        """See Field."""
        return body.instant(name, zone)

    def schema(self) -> Schema:
        """See Field."""
        return {"type": ["string", "null"], "description": self.about}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A person's words, which are kept for ever; empty where they are left out."""

    must: bool = True

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> str:  # noqa: ARG002
        """See Field."""
        return body.reason(name)

    def schema(self) -> Schema:
        """See Field."""
        about = f"Kept for ever: 1 to {MAX_REASON_CHARS} printable characters, and no CPF."
        return {"type": _type("string", must=self.must), "description": about, "minLength": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """True or false; left out, its default."""

    about: str
    default: bool = False

    @property
    def must(self) -> bool:
        """Never."""
        return False

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> bool:  # noqa: ARG002
        """See Field."""
        return body.truth(name, default=self.default)

    def schema(self) -> Schema:
        """See Field."""
        return {"type": ["boolean", "null"], "default": self.default, "description": self.about}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some texts; it must be there unless there is a default."""

    choices: tuple[str, ...]
    default: str | None = None
    about: str | None = None

    @property
    def must(self) -> bool:
        """Without a default."""
        return self.default is None

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> str:  # noqa: ARG002
        """See Field."""
        return body.choice(name, self.choices, default=self.default or "")

    def schema(self) -> Schema:
        """See Field."""
        about = {} if self.about is None else {"description": self.about}
        if self.must:
            return {"type": "string", "enum": list(self.choices), **about}
        return {
            "type": ["string", "null"],
            "enum": [*self.choices, None],
            "default": self.default,
            **about,
        }


@dataclass(frozen=True, slots=True)
class Choices:
    """Some of some texts, one at least; none where it may be left out, and is."""

    choices: Collection[str]
    must: bool = True
    about: str | None = None

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> frozenset[str]:  # noqa: ARG002
        """See Field."""
        if not self.must and not body.has(name):
            return frozenset()
        return body.choices(name, self.choices)

    def schema(self) -> Schema:
        """See Field."""
        about = {} if self.about is None else {"description": self.about}
        return {
            "type": _type("array", must=self.must),
            **about,
            "minItems": 1,
            "items": {"type": "string", "enum": sorted(self.choices)},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentField:
    """A customer's document in one word; one that is `hidden` is repeated not even masked."""

    about: str
    must: bool = False
    hidden: bool = False

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> BuyerDocument | None:  # noqa: ARG002
        """See Field."""
        return body.hidden_document(name) if self.hidden else body.document(name)

    def schema(self) -> Schema:
        """See Field."""
        form = {"pattern": _DOCUMENT} if self.must else {}
        return {"type": _type("string", must=self.must), "description": self.about, **form}


@dataclass(frozen=True, slots=True, kw_only=True)
class Id:
    """A UUID."""

    about: str
    must: bool = False

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> UUID | None:  # noqa: ARG002
        """See Field."""
        return body.id(name)

    def schema(self) -> Schema:
        """See Field."""
        return {"type": _type("string", must=self.must), "description": self.about}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A bound of a span of time: an instant, or a whole day; `end` is the span's end."""

    about: str
    end: bool = False

    @property
    def must(self) -> bool:
        """Never."""
        return False

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> datetime | None:
        """See Field."""
        return body.bound(name, zone, end=self.end)

    def schema(self) -> Schema:
        """See Field."""
        return {"type": ["string", "null"], "description": self.about}


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole number within limits; left out, its default, None if it has none."""

    about: str
    lowest: int
    highest: int
    must: bool = False
    default: int | None = None

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> int | None:  # noqa: ARG002
        """See Field."""
        if not self.must and not body.has(name):
            return self.default
        return body.whole(name, lowest=self.lowest, highest=self.highest)

    def schema(self) -> Schema:
        """See Field."""
        default = {} if self.default is None else {"default": self.default}
        return {
            "type": _type("integer", must=self.must),
            "minimum": self.lowest,
            "maximum": self.highest,
            **default,
            "description": self.about,
        }


def _type(name: str, *, must: bool) -> str | list[str]:
    return name if must else [name, "null"]


def pattern(form: re.Pattern[str]) -> str:
    """A form as schemas write it."""
    return "^" + form.pattern.removesuffix(r"\Z") + "$"
