"""Prints docs/settings.md from the table: `python -m cashback_gateway.settings.page`."""

from __future__ import annotations

import sys

from cashback_gateway.settings.table import SETTINGS


def as_markdown() -> str:
    """Return docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "Read once, from the environment, when a process starts. Every wrong one is refused then,",
        "all at once, each with its name, what came (a secret is never shown) and what is",
        "expected. An empty value counts as not given; an unknown `CASHBACK_` name is refused,",
        "since it is most likely a typing mistake. This page is printed from",
        "`src/cashback_gateway/settings/table.py` by `make docs`.",
        "",
        "A secret may lie in a file instead, named by `<name>_FILE` (`DATABASE_URL_FILE`): its",
        "line end does not count, and an empty file counts as not given.",
        "",
        "| name | expected | default | meaning |",
        "|---|---|---|---|",
    ]
    for setting in SETTINGS:
        absent = "(none)" if setting.optional else "**required**"
        default = absent if setting.default is None else f"`{setting.default}`"
        secret = " (secret)" if setting.kind.secret else ""
        lines.append(
            f"| `{setting.name}` | {setting.kind.expected}{secret} | {default} "
            f"| {setting.meaning} |"
        )
    lines += [
        "",
        "`run`, `demo` and `make run` need none of them: they supply `DATABASE_URL`,",
        "`CASHBACK_PROVIDER_URL`, `CASHBACK_SIGNING_KEY_FILE` and `CASHBACK_ERASURE_KEY` where",
        "these are not given, and `run` measures: the API at `CASHBACK_METRICS_PORT` or 9464, the",
        "worker at the next one.",
        "`migrate`, `merchants`, `product-types`, `clients` and `users` need `DATABASE_URL`",
        "alone, `token` the signing key too; in a checkout where `run` was used they find both",
        "by themselves.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
