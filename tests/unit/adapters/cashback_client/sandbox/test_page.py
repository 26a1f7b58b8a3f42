from __future__ import annotations

from pathlib import Path

from adapters.cashback_client.sandbox.page import as_markdown

ROOT = Path(__file__).resolve().parents[5]


def test_docs_sandbox_is_printed_from_the_tables() -> None:
    assert (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8") == as_markdown()
