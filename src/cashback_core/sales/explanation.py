"""How a cashback came about, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cashback_core.sales.calculation import Cashback
from cashback_core.sales.sale import Sale
from cashback_core.words.locales import ENGLISH, Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    pointer: str
    code: str
    values: Mapping[str, str]

    def text(self, language: Language = ENGLISH) -> str:
        return self.code


def explain(sale: Sale, cashback: Cashback) -> tuple[Step, ...]:
    return ()
