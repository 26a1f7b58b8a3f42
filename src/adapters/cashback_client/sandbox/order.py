"""What the sandbox was asked to do: one credit."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final, cast

from cashback_core.values.documents import ForeignDocument

_DOCUMENT: Final = re.compile(r"[0-9A-Z./-]{5,20}")
"""A CPF or a CNPJ, both plain, or a foreign one."""

_CASHBACK: Final = re.compile(r"(?:0|[1-9][0-9]{0,11})\.[0-9]{2}")


class BadOrderError(ValueError):
    """The body is not the provider's contract; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A well-formed request; `reference` is X-Reference, else Idempotency-Key, else None."""

    document: str
    cashback_centavos: int
    reference: str | None

    @classmethod
    def parse(cls, body: bytes, *, reference: str | None) -> Order:
        """From exactly {"document": "52998224725", "cashback": "10.00"}; raises BadOrderError."""
        try:
            value: object = json.loads(body)
        except (ValueError, RecursionError) as exc:
            raise BadOrderError("not JSON") from exc
        if not isinstance(value, dict):
            raise BadOrderError("not an object")
        fields = cast("dict[str, object]", value)
        if fields.keys() != {"document", "cashback"}:
            raise BadOrderError("exactly document and cashback are expected")
        document, cashback = fields["document"], fields["cashback"]
        if not isinstance(document, str) or not _is_document(document):
            raise BadOrderError(
                "document: 5 to 20 of 0-9 A-Z . / - are expected, CPF and CNPJ without punctuation"
            )
        if not isinstance(cashback, str) or not _CASHBACK.fullmatch(cashback):
            raise BadOrderError('cashback: a text such as "10.00" is expected')
        return cls(
            document=document,
            cashback_centavos=int(cashback.replace(".", "")),
            reference=reference,
        )


def _is_document(text: str) -> bool:
    """Whether a document is written so; punctuated, it is a foreign one or none."""
    return _DOCUMENT.fullmatch(text) is not None and (
        text.isalnum() or ForeignDocument.is_valid(text)
    )
