"""The fields of a JSON object as plain values: each reads what came, and is its own schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from adapters.http.wire.objects import ObjectReader
from cashback_core.values.reasons import MAX_REASON_CHARS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from cashback_core.values.documents import Cpf

Schema = dict[str, Any]
T_co = TypeVar("T_co", covariant=True)

_UTC = ZoneInfo("UTC")


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


class Body:
    """An object of a request: it reads one, and is its schema. `about` is for the document."""

    __slots__ = ("_shape", "about", "fields")

    def __init__(self, about: str, /, **fields: Field[Any]) -> None:
        self.about = about
        self.fields: Mapping[str, Field[Any]] = fields
        self._shape = {name: field.must for name, field in fields.items()}

    def reader(self, document: object) -> ObjectReader:
        """The object being read, for whoever has more to say of it than its fields do."""
        return ObjectReader(document, self._shape)

    def values(self, reader: ObjectReader, zone: ZoneInfo = _UTC) -> dict[str, Any]:
        """What each field holds; stand-ins where a fault is noted."""
        return {name: field.read(reader, name, zone) for name, field in self.fields.items()}

    def read(self, document: object, zone: ZoneInfo = _UTC) -> dict[str, Any]:
        """What each field holds. Raises InvalidRequestError with everything that is wrong."""
        reader = self.reader(document)
        values = self.values(reader, zone)
        reader.refuse_faults()
        return values

    def schema(self) -> Schema:
        """The schema of exactly such objects."""
        return {
            "type": "object",
            "description": self.about,
            "properties": {name: field.schema() for name, field in self.fields.items()},
            "required": [name for name, field in self.fields.items() if field.must],
            "additionalProperties": False,
        }


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
    """One of some texts; it must be there."""

    choices: tuple[str, ...]

    @property
    def must(self) -> bool:
        """Always."""
        return True

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> str:  # noqa: ARG002
        """See Field."""
        return body.choice(name, self.choices)

    def schema(self) -> Schema:
        """See Field."""
        return {"type": "string", "enum": list(self.choices)}


@dataclass(frozen=True, slots=True)
class Choices:
    """Some of some texts, one at least; it must be there."""

    choices: Collection[str]

    @property
    def must(self) -> bool:
        """Always."""
        return True

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> frozenset[str]:  # noqa: ARG002
        """See Field."""
        return body.choices(name, self.choices)

    def schema(self) -> Schema:
        """See Field."""
        return {
            "type": "array",
            "minItems": 1,
            "items": {"type": "string", "enum": sorted(self.choices)},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CpfField:
    """A customer's document."""

    about: str
    must: bool = False

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> Cpf | None:  # noqa: ARG002
        """See Field."""
        return body.document(name)

    def schema(self) -> Schema:
        """See Field."""
        return {"type": _type("string", must=self.must), "description": self.about}


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
    """A whole number within limits; left out, its default."""

    about: str
    lowest: int
    highest: int
    default: int = 0

    @property
    def must(self) -> bool:
        """Never."""
        return False

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> int:  # noqa: ARG002
        """See Field."""
        return body.whole(name, lowest=self.lowest, highest=self.highest, default=self.default)

    def schema(self) -> Schema:
        """See Field."""
        return {
            "type": ["integer", "null"],
            "minimum": self.lowest,
            "maximum": self.highest,
            "description": self.about,
        }


def _type(name: str, *, must: bool) -> str | list[str]:
    return name if must else [name, "null"]
