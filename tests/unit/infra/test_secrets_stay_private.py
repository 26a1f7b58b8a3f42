"""No documented command and no script makes a secret that others can read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = sorted(
    path
    for pattern in (
        "README.md",
        "Makefile",
        "docs/*.md",
        "infra/*.sh",
        "infra/*/*.sh",
        "infra/*/*.md",
    )
    for path in ROOT.glob(pattern)
)
OPENS = re.compile(
    r"umask (?!0?77\b)[0-7]+\b"
    r"|chmod (?:0?[0-7][0-7]?[1-7]\b|[augo]*o[augo]*\+|a\+|\+r)[^\n]*(?:secret|key|password)"
)
"""A wider umask, or rights for others on a secret."""


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_command_opens_a_secret_to_others(page: Path) -> None:
    assert OPENS.findall(page.read_text(encoding="utf-8")) == []


def test_opening_one_is_seen() -> None:
    assert OPENS.search("umask 022\n")
    assert OPENS.search("chmod 444 secrets/app/next_key.pem")
    assert not OPENS.search("umask 077")


def test_everything_that_shows_or_writes_a_secret_stands_under_a_strict_umask() -> None:
    """Whoever pastes `… > secrets/…` or `… > erp.txt` has said who may read it."""
    for name in ("operations.md", "onboarding.md"):
        blocks = (ROOT / "docs" / name).read_text(encoding="utf-8").split("```")
        before = ""
        for block in blocks[1::2]:
            written = re.search(r"> (secrets/\S+|erp\.txt)", block)
            before += block
            if written is not None:
                assert "umask 077" in before, f"{name}: {written[0]}"
