"""Prints docs/settings.md from the declarations: `python -m cashback_gateway.settings.page`."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

from cashback_gateway.settings.declaration import declared_in
from cashback_gateway.settings.table import CONCERNS

if TYPE_CHECKING:
    from cashback_gateway.settings.declaration import Setting

_HEAD = """\
# Settings

Read once, from the environment, when a process starts. Every wrong one is refused then,
all at once, each with its name, what came (a secret is never shown) and what is
expected. An empty value counts as not given; an unknown `CASHBACK_` name is refused,
since it is most likely a typing mistake. This page is printed from the dataclasses in
`src/cashback_gateway/settings/` by `make docs`.

A secret may lie in a file instead, named by `<name>_FILE` (`DATABASE_URL_FILE`): its
line end does not count, and an empty file counts as not given.

`run`, `demo` and `make run` need none of them: they supply `DATABASE_URL`,
`CASHBACK_PROVIDER_URL`, `CASHBACK_SIGNING_KEY_FILE` and `CASHBACK_ERASURE_KEY` where
these are not given, and `run` measures: the API at `CASHBACK_METRICS_PORT` or 9464, the
worker at the next one.
`migrate`, `merchants`, `product-types`, `clients` and `users` need `DATABASE_URL`
alone, `token` the signing key too; in a checkout where `run` was used they find both
by themselves.
"""


def as_markdown() -> str:
    """Return docs/settings.md."""
    lines = [_HEAD]
    for cls in CONCERNS.values():
        title = (cls.__doc__ or "").partition("\n")[0].rstrip(".")
        lines += [f"## {title}", "", "| name | expected | default | meaning |", "|---|---|---|---|"]
        told = meanings(cls)
        lines += [_row(each, told[at]) for at, each in declared_in(cls).items()]
        lines.append("")
    return "\n".join(lines)


def as_text(value: object) -> str:
    """A default as it would be given; empty for one that is absent."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ",".join(as_text(each) for each in cast("Iterable[object]", value))
    return str(value)


def meanings(cls: type[Any]) -> dict[str, str]:
    """The docstrings below the fields, which Python keeps nowhere but in the source."""
    (body,) = ast.parse(inspect.getsource(cls)).body
    found: dict[str, str] = {}
    for field, below in pairwise(cast("ast.ClassDef", body).body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = " ".join(text.split())
            case _:
                pass
    return found


def _row(setting: Setting, meaning: str) -> str:
    text = as_text(setting.absent)
    default = "**required**" if setting.required else f"`{text}`" if text else "(none)"
    secret = " (secret)" if setting.kind.secret else ""
    rule = "" if setting.rule is None else f" {setting.rule.meaning}"
    return (
        f"| `{setting.name}` | {setting.kind.expected}{secret} | {default} "
        f"| {meaning}{rule.rstrip()} |"
    )


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
