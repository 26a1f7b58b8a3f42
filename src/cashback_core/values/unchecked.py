"""Making frozen values of what was checked before, as quickly as Python makes anything."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def unchecked(made: type[T]) -> type[T]:
    """What makes exactly what it is told, of every field by its name, unchecked.

    A frozen dataclass puts each of its fields past its own guard. This puts them into an open twin
    of the same slots, which then becomes one of the class: 0.2 µs for a line instead of 0.8, or 0.5
    by a twin that is itself a dataclass (November 2026). A sale makes seven such values.
    """
    names = [field.name for field in fields(made)]
    twin = type(made.__name__, (), {"__slots__": names})
    told = "".join(f"    one.{name} = {name}\n" for name in names)
    text = (
        f"def known(*, {', '.join(names)}):\n"
        "    one = new(twin)\n"
        f"{told}"
        "    one.__class__ = made\n"
        "    return one\n"
    )
    room: dict[str, Any] = {"new": object.__new__, "twin": twin, "made": made}
    exec(text, room)  # noqa: S102 (of names of fields alone, as dataclasses writes its own)
    return cast("type[T]", room["known"])
