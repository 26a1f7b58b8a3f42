"""What options and arguments must be: each a type that reads its text, or says what is wrong."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from cashback_core.administration.merchants import SLUG
from cashback_core.values.documents import BuyerDocument, InvalidDocument, named_document
from cashback_core.values.instants import NoSuchInstant, NotAnInstant, parse_bound
from cashback_core.values.reasons import MAX_NAME_CHARS, is_plain_text, refuse_reason
from cashback_core.words.locales import ENGLISH, Language, languages, phrase
from cashback_gateway.commands.readers import matching, read_by, whole

ZONE: Final = "America/Sao_Paulo"
MAX_RESOURCE_NAME_CHARS: Final = 120
_NUMBER: Final = re.compile(r"([!-~]{1,32}/)?[!-~]{1,64}\Z", re.ASCII)


def _reason(text: str) -> str:
    refuse_reason(text.strip())
    return text.strip()


def _signer(text: str) -> str:
    if not is_plain_text(text, MAX_NAME_CHARS):
        raise ValueError(f"a name has 1 to {MAX_NAME_CHARS} characters")
    return text


def _resource_name(text: str) -> str:
    name = unicodedata.normalize("NFC", text).strip()
    if not is_plain_text(name, MAX_RESOURCE_NAME_CHARS):
        raise ValueError(f"a name has 1 to {MAX_RESOURCE_NAME_CHARS} printable characters")
    return name


def _document(text: str) -> BuyerDocument:
    try:
        return named_document(text)
    except InvalidDocument as error:
        raise ValueError("neither a CPF, nor a CNPJ, nor foreign:DOCUMENT") from error


def _bound(text: str, *, end: bool) -> object:
    try:
        return parse_bound(text, ZoneInfo(ZONE), end=end)
    except (NotAnInstant, NoSuchInstant) as error:
        wanted = f"not YYYY-MM-DD or {phrase(ENGLISH, 'instant')}, or it does not exist"
        raise ValueError(wanted) from error


def read_name(text: str) -> str:
    """The id of a cashback, or a sale's own number, or STORE/NUMBER. Raises ValueError."""
    if _NUMBER.match(text) is None:
        raise ValueError(
            "neither an id nor a sale_id (1 to 64 visible characters of ASCII), nor STORE/NUMBER"
        )
    return text


def _language(text: str) -> Language:
    for known in languages():
        if text == known:
            return known
    raise ValueError(f"no such language; there are {', '.join(languages())}")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise ValueError("not an id") from error


Json = Annotated[bool, Parameter(name="--json", help="one JSON document instead of a table")]
Lang = Annotated[Language, read_by(_language, "the language of what is told: en, pt")]
Limit = Annotated[int, read_by(whole, "how many at most")]
_SLUG_WORDS: Final = "1 to 63 of a-z 0-9 -: it is no slug"
Slug = Annotated[str, matching(SLUG, _SLUG_WORDS, "its address")]
Merchant = Annotated[
    str, matching(SLUG, _SLUG_WORDS, "the merchant's slug; default: every merchant")
]
ONE_MERCHANT: Final = matching(SLUG, _SLUG_WORDS, "the merchant's slug")
Named = Annotated[
    str,
    read_by(
        read_name,
        "the cashback's id, or the sale's own number (sale_id); STORE/NUMBER where numbers count in"
        " each store",
    ),
]
Id = Annotated[UUID, read_by(_uuid)]
ResourceName = Annotated[str, read_by(_resource_name, "what it is called")]
Document = Annotated[
    BuyerDocument,
    read_by(_document, "only this customer's: a CPF, a CNPJ, or foreign:DOCUMENT"),
]
FROM: Final = read_by(
    partial(_bound, end=False), f"an instant, or a day from its start; without an offset: in {ZONE}"
)
TO: Final = read_by(
    partial(_bound, end=True), f"an instant, or a day to its end; without an offset: in {ZONE}"
)
Risk = Annotated[
    bool, Parameter(help="what may be paid already may be paid again, or be called unpaid")
]
Reason = Annotated[str, read_by(_reason, "kept for ever")]
Signer = Annotated[str, read_by(_signer, "who does it", name=("--as", "--by"))]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who acts, and why."""

    reason: Reason
    by: Signer
