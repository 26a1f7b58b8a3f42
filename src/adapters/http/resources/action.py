"""An act over HTTP as one value: a POST of a body to an address, who may do it, what is said of it.

From it come its row of the table of access, and its operation and the schema of its body in the
OpenAPI document (`openapi.resources`). What is done with the body is the matter of its route.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.http.identity.roles import Roles
    from adapters.http.resources.resource import AddressKey
    from adapters.http.wire.fields import Body
    from adapters.http.wire.shapes import Shape

Asked = TypeVar("Asked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(Generic[Asked]):
    """An act; `key` is what of its path tells to what it is done, None where nothing does.

    `id` and `body_name` ("takeBack", "ResendInput") are its operation's and its body's names in the
    document: two acts whose bodies have one name have one body. `example` can be sent as it stands,
    `answer` is the shape of what comes back and `done` says when. `problems` are codes that it may
    answer beside those that every act with such a path may.
    """

    path: str
    key: AddressKey[Any] | None = None
    id: str
    body_name: str
    body: Body[Asked]
    may: Roles
    tag: str
    summary: str
    description: str
    example: Mapping[str, object]
    answer: type[Shape]
    done: str
    problems: tuple[str, ...] = ()

    @property
    def route(self) -> str:
        """The path as the router has it: `/api/cashbacks/{id:str}/resend`."""
        return self.path.replace("}", ":str}")

    def access(self) -> dict[tuple[str, str], Roles]:
        """Its row of the table of access."""
        return {("post", self.path): self.may}
