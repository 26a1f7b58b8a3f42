"""The bodies of the token routes: an object of texts, none of which is ever shown again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cashback_core.values.violations import Violation

if TYPE_CHECKING:
    from adapters.http.problems.faults import Fault


class InvalidRequestError(ValueError):
    """Not the object that was asked for; `violations` has everything wrong with it."""

    def __init__(self, violations: tuple[Violation | Fault, ...]) -> None:
        super().__init__("; ".join(f"{v.pointer}: {v.code}" for v in violations[:3]))
        self.violations = violations


def read_credentials(document: object) -> tuple[str, str, str]:
    """`user`, a username and a password, or `client`, a client's id and its secret.

    Raises InvalidRequestError.
    """
    fields = _fields_of(document)
    if "client_id" in fields or "client_secret" in fields:
        client_id, secret = read_texts(fields, "client_id", "client_secret")
        return "client", client_id, secret
    username, password = read_texts(fields, "username", "password")
    return "user", username, password


def read_texts(document: object, *names: str) -> tuple[str, ...]:
    """The texts of exactly these fields; raises InvalidRequestError.

    Passwords and tokens pass here: what came is told by its kind alone.
    """
    fields = _fields_of(document)
    violations: list[Violation] = []
    texts: list[str] = []
    for name in names:
        value = fields.get(name)
        if isinstance(value, str):
            texts.append(value)
        elif name in fields:
            wrong = Violation(pointer=f"/{name}", code="wrong_type", values={"type": "string"})
            violations.append(wrong)
        else:
            violations.append(Violation(pointer=f"/{name}", code="required"))
    if not fields.keys() <= set(names):
        values = {"fields": ", ".join(names)}
        violations.append(Violation(pointer="", code="unknown_field", values=values))
    if violations:
        raise InvalidRequestError(tuple(violations))
    return tuple(texts)


def _fields_of(document: object) -> Mapping[str, object]:
    if not isinstance(document, Mapping):
        wrong = Violation(pointer="", code="wrong_type", values={"type": "object"})
        raise InvalidRequestError((wrong,))
    fields: Mapping[str, object] = document  # pyright: ignore[reportUnknownVariableType]
    return fields
