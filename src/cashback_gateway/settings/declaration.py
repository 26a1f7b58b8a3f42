"""How a setting is declared: at the field of the dataclass that holds its value.

    @concern
    class ApiSettings:
        port: int = setting("CASHBACK_PORT", whole(1, 65_535), default=8000)

The docstring below such a line is its meaning. docs/settings.md, the names that are known, and
what docker-compose.yml passes on are read off these lines.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar, cast, dataclass_transform

if TYPE_CHECKING:
    from cashback_gateway.settings.kinds import SettingKind
    from cashback_gateway.settings.rules import Rule

C = TypeVar("C")
D = TypeVar("D")
T = TypeVar("T")

_KEY = "setting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a field's line says. `absent` is the value where none is given."""

    name: str
    kind: SettingKind[Any]
    absent: Any
    required: bool
    rule: Rule | None

    @property
    def file_name(self) -> str:
        """The name under which a secret's file is given."""
        return file_name(self.name)


def file_name(name: str) -> str:
    """The name under which the file of the secret `name` is given."""
    return f"{name}_FILE"


def setting(name: str, kind: SettingKind[T], *, default: D, rule: Rule | None = None) -> T | D:
    """Declare one that may be left out; an empty `default`, such as None, is told as "(none)"."""
    declared = Setting(name=name, kind=kind, absent=default, required=False, rule=rule)
    return cast("T | D", field(default=default, repr=kind.shown, metadata={_KEY: declared}))


def required(name: str, kind: SettingKind[T], *, blank: D, rule: Rule | None = None) -> T | D:
    """Declare one that must be given; `blank` stands for it where a command has no use for it."""
    declared = Setting(name=name, kind=kind, absent=blank, required=True, rule=rule)
    return cast("T | D", field(repr=kind.shown, metadata={_KEY: declared}))


@dataclass_transform(
    frozen_default=True, kw_only_default=True, field_specifiers=(setting, required)
)
def concern(cls: type[C]) -> type[C]:
    """Make a class of such fields a frozen, slotted dataclass whose repr shows no secret."""
    return dataclass(frozen=True, slots=True, kw_only=True)(cls)


def declared_in(cls: type[Any]) -> dict[str, Setting]:
    """The settings of a concern, by field."""
    return {each.name: each.metadata[_KEY] for each in fields(cls)}
