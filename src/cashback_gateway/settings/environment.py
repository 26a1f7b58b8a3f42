"""Settings are read once from the environment and checked all at once."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cashback_gateway.settings.declaration import declared_in
from cashback_gateway.settings.table import CONCERNS, REQUIRED, SETTINGS, Settings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from cashback_gateway.settings.declaration import Setting

_PREFIX = "CASHBACK_"
_PORT = re.compile(r"[0-9]+(?:[/#,]|\Z)", re.ASCII)
_LONGEST_SECRET = 16_384


class SettingsError(Exception):
    """Wrong settings; `violations` has one sentence for each."""

    def __init__(self, violations: tuple[str, ...]) -> None:
        super().__init__("; ".join(violations))
        self.violations = violations


def read_settings(environ: Mapping[str, str], *, needs: Collection[str] = REQUIRED) -> Settings:
    """Read and check every setting.

    Required ones outside `needs` may be absent and are then left blank: `migrate` has no use for
    a provider. Raises SettingsError with every violation found.
    """
    reader = _Reader(environ, needs)
    for each in SETTINGS.values():
        reader.read(each)
    violations = (*reader.violations, *reader.broken_rules(), *_unknown_names(environ))
    if violations:
        raise SettingsError(violations)
    made: dict[str, Any] = {
        name: cls(**{at: reader.values[each.name] for at, each in declared_in(cls).items()})
        for name, cls in CONCERNS.items()
    }
    return Settings(**made)


class _Reader:
    """Collects violations while values are read, so that all of them can be told at once."""

    def __init__(self, environ: Mapping[str, str], needs: Collection[str]) -> None:
        self._environ = environ
        self._needs = needs
        self._wrong: set[str] = set()
        self.values: dict[str, Any] = {}
        self.violations: list[str] = []

    def read(self, setting: Setting) -> None:
        """Note its value, or what is wrong with it."""
        self.values[setting.name] = setting.absent
        text = self._environ.get(setting.name) or self._from_file(setting)
        if not text:
            if setting.name in self._needs and setting.name not in self._wrong:
                self._refuse(setting, f"is not set; expected {setting.kind.expected}")
            return
        parsed = setting.kind.parse(text)
        if parsed is None:
            came = "a value that is not shown" if setting.kind.secret else repr(_shown(text))
            self._refuse(setting, f"is {came}; expected {setting.kind.expected}")
            return
        self.values[setting.name] = parsed

    def broken_rules(self) -> Iterator[str]:
        """What does not fit together, unless a part of it is wrong by itself."""
        for name, setting in SETTINGS.items():
            rule, value = setting.rule, self.values[name]
            if rule is None or value is None or {name, rule.other} & self._wrong:
                continue
            beside = self.values[rule.other]
            if not rule.holds(value, beside):
                told = rule.broken.format(
                    value=value, shown=repr(str(value)), other=rule.other, beside=beside
                )
                yield f"{name} {told}"

    def _from_file(self, setting: Setting) -> str | None:
        """The text of the file that `<name>_FILE` names, for a secret; an empty one is none."""
        path = self._environ.get(setting.file_name) if setting.kind.secret else None
        if not path:
            return None
        try:
            with Path(path).open(encoding="utf-8") as file:
                return file.read(_LONGEST_SECRET).rstrip("\r\n")
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "not a text"
            self._wrong.add(setting.name)
            self.violations.append(f"{setting.file_name} is {path!r}, which cannot be read: {why}")
            return None

    def _refuse(self, setting: Setting, why: str) -> None:
        self._wrong.add(setting.name)
        self.violations.append(f"{setting.name} {why}")


def _shown(text: str) -> str:
    """A wrong value as it is logged: of a URL neither user nor password, nor what follows a `?`."""
    scheme, mark, rest = text.partition("://")
    if not mark:
        scheme, rest = "", text
    before, question, _ = rest.rpartition("@")[2].partition("?")
    host, colon, port = before.partition(":")
    if mark and colon and not _PORT.match(port) and not host.startswith("["):
        before = f"{host}:…"  # a user without a host is read as a host
    hidden = "…@" if "@" in rest else ""
    return f"{scheme}{mark}{hidden}{before}{question and '?…'}"[:200]


def _unknown_names(environ: Mapping[str, str]) -> Iterator[str]:
    names = {*SETTINGS, *(each.file_name for each in SETTINGS.values() if each.kind.secret)}
    known = {name.removeprefix(_PREFIX): name for name in sorted(names)}
    for name in sorted(environ):
        if not name.startswith(_PREFIX) or name in names:
            continue
        near = difflib.get_close_matches(name.removeprefix(_PREFIX), known, n=1)
        hint = (
            f"did you mean {known[near[0]]}?" if near else "docs/settings.md lists the known ones"
        )
        yield f"{name} is not a known setting; {hint}"
