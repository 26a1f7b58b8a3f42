"""An administered resource as one value: its address, its bodies, its lists, who may do what.

From it come its routes (`resources.routes`), its rows of the table of access, its operations and
its schemas in the OpenAPI document (`openapi.resources`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from adapters.http.wire.ids import path_uuid, path_value
from adapters.http.wire.queries import Ordering

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from litestar import Request

    from adapters.http.identity.roles import Roles
    from adapters.http.wire.cursors import Kind
    from adapters.http.wire.fields import Body, Schema
    from adapters.http.wire.filters import Filters
    from adapters.http.wire.shapes import Shape
    from cashback_core.values.violations import Violation

Known = TypeVar("Known")
Key = TypeVar("Key")
Key_co = TypeVar("Key_co", covariant=True)
Which = TypeVar("Which")
New = TypeVar("New")
State = TypeVar("State")
"""As `cashback_core.administration.resources.ResourceStore` has them."""


class AddressKey(Protocol[Key_co]):
    """What tells a resource in its address; the resource has it in an attribute of this name."""

    @property
    def name(self) -> str:
        """The name of the attribute, and of the part of the path."""
        ...

    @property
    def about(self) -> str:
        """What it is, for the document."""
        ...

    def read(self, request: Request[Any, Any, Any]) -> Key_co:
        """The key in the request's address. Raises NotFoundException for what can be none."""
        ...

    def schema(self) -> Schema:
        """What JSON Schema says of it."""
        ...


@dataclass(frozen=True, slots=True)
class UuidKey:
    """A UUID."""

    name: str = "id"
    about: str = "The record's id."

    def read(self, request: Request[Any, Any, Any]) -> UUID:
        """See AddressKey."""
        return path_uuid(request, self.name)

    def schema(self) -> Schema:
        """See AddressKey."""
        return {"type": "string", "format": "uuid"}


@dataclass(frozen=True, slots=True)
class TextKey:
    """A text of a form."""

    name: str
    form: re.Pattern[str]
    about: str

    def read(self, request: Request[Any, Any, Any]) -> str:
        """See AddressKey."""
        return path_value(request, self.name, self.form)

    def schema(self) -> Schema:
        """See AddressKey."""
        return {"type": "string"}


@dataclass(frozen=True, slots=True)
class Answered(Generic[Known]):
    """How something goes out: the shape that the document describes, and what makes it."""

    shape: type[Shape]
    of: Callable[[Known], Shape]


@dataclass(frozen=True)  # without slots, which `Column[Row](…)` does not get along with
class SortKey(Generic[Known]):
    """What a list may be sorted by: what it holds, and where a row has it."""

    kind: Kind
    of: Callable[[Known], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders(Generic[Known]):
    """How a list may be ordered; `key` tells apart what is equal. `default` may start with `-`."""

    default: str
    key: SortKey[Known]
    columns: Mapping[str, SortKey[Known]]

    def ordering(self, resource: str) -> Ordering:
        """As queries are read by it."""
        return Ordering(
            resource=resource,
            columns={name: column.kind for name, column in self.columns.items()},
            key=self.key.kind,
            default=self.default,
        )

    @property
    def sorts(self) -> tuple[str, ...]:
        """What the parameter `sort` takes."""
        return tuple(sign + name for name in self.columns for sign in ("", "-"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[Known, Which]):
    """A list as one value. `many` is "customers", `more` follows it in the document.

    `problems` are codes that it alone may answer.
    """

    path: str
    id: str
    tag: str
    many: str
    more: str = ""
    answer: Answered[Known]
    orders: Orders[Known]
    filters: Filters[Which]
    may: Roles
    problems: tuple[str, ...] = ()
    key: AddressKey[Any] | None = None
    """What of its path tells whose list it is, where that is not the caller's alone."""

    def access(self) -> dict[tuple[str, str], Roles]:
        """Its row of the table of access."""
        return {("get", self.path): self.may}


@dataclass(frozen=True, slots=True, kw_only=True)
class May:
    """Who reads it, who changes it, and who adds and deletes it: by default who changes it."""

    read: Roles
    write: Roles
    add: Roles | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """What the document tells of a resource: `one` is "a customer", `many` "customers".

    `created`, `changed` and `deleted` describe these acts, `added` goes on with "Add a customer";
    the codes are of problems that an act may answer beside those that every resource's may.
    """

    tag: str
    one: str
    many: str
    created: str
    deleted: str
    changed: str = ""
    added: str = ""
    create_problems: tuple[str, ...] = ()
    change_problems: tuple[str, ...] = ()
    delete_problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Bodies that can be sent as they stand: of a create, a replacement and a patch."""

    new: Mapping[str, object]
    state: Mapping[str, object]
    patch: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Generic[Known, Key, Which, New, State]):
    """A sort of resource: listed, made, read, replaced, patched and deleted.

    `name` ("Customer") is what its operations and bodies are called by: `createCustomer`,
    `CustomerInput`. Each field of `state` is one of the answer's, too: a patch is merged into
    those. `made` is the answer to whoever made one, where that tells more. `refuses` says what of a
    change over HTTP is wrong, given the resource as it is. `patched` tells the state more of a
    patch than it comes to, where it matters that a field was named, and not left as it was.
    """

    path: str
    name: str
    key: AddressKey[Key]
    answer: Answered[Known]
    made: Answered[Any] | None = None
    new: Body[New]
    state: Body[State]
    orders: Orders[Known]
    filters: Filters[Which]
    may: May
    says: Says
    examples: Examples
    refuses: Callable[[Known, State], Violation | None] | None = None
    patched: Callable[[State, object], State] | None = None

    @property
    def one(self) -> str:
        """The path of one of them: `/api/customers/{id}`."""
        return f"{self.path}/{{{self.key.name}}}"

    @property
    def listing(self) -> Listing[Known, Which]:
        """The list of them."""
        return Listing(
            path=self.path,
            id=f"list{self.name}s",
            tag=self.says.tag,
            many=self.says.many,
            answer=self.answer,
            orders=self.orders,
            filters=self.filters,
            may=self.may.read,
        )

    def location(self, resource: object) -> str:
        """The address of one of them."""
        return f"{self.path}/{getattr(resource, self.key.name)}"

    def access(self) -> dict[tuple[str, str], Roles]:
        """Its rows of the table of access."""
        add = self.may.write if self.may.add is None else self.may.add
        return {
            ("post", self.path): add,
            **self.listing.access(),
            ("get", self.one): self.may.read,
            ("put", self.one): self.may.write,
            ("patch", self.one): self.may.write,
            ("delete", self.one): add,
        }
