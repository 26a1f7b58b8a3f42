"""The texts of every violation in English and Portuguese; codes are stable, texts may improve."""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Language(StrEnum):
    """A language that messages are written in."""

    EN = "en"
    PT = "pt"


class Text(NamedTuple):
    """A violation's two sentences; {names} are filled from its values."""

    detail: str
    expected: str


def _both(en: tuple[str, str], pt: tuple[str, str]) -> Mapping[Language, Text]:
    return {Language.EN: Text(*en), Language.PT: Text(*pt)}


_MONEY_EN: Final = 'digits, exact to two decimals, such as "10.00", from {lowest} to {highest}'
_MONEY_PT: Final = 'dígitos, exatos em duas casas decimais, como "10.00", de {lowest} a {highest}'
_QTY_EN: Final = 'a positive number, exact to three decimals, such as 2 or "0.350", up to {highest}'
_QTY_PT: Final = (
    'um número positivo, exato em três casas decimais, como 2 ou "0.350", até {highest}'
)
_SOLD_AT_EN: Final = (
    "YYYY-MM-DD HH:MM (a blank or T between), then, if wanted, :SS, a fraction (. or , and digits)"
    " and an offset (Z, +HH:MM, +HHMM or +HH; or -)"
)
_SOLD_AT_PT: Final = (
    "AAAA-MM-DD HH:MM (um espaço ou T entre eles) e, se quiser, :SS, uma fração (. ou , e dígitos)"
    " e um deslocamento (Z, +HH:MM, +HHMM ou +HH; ou -)"
)

_NAME_EN: Final = (
    "the name that this CPF is known by (case, accents, apostrophes, dashes, initials and a cut end"
    " do not count). If the CPF is right, correct the known name by PATCH /api/customers/{{id}}, or"
    " let the merchant's name_difference be note"
)
_NAME_PT: Final = (
    "o nome pelo qual este CPF é conhecido (maiúsculas, acentos, apóstrofos, hifens, iniciais e um"
    " fim cortado não contam). Se o CPF está certo, corrija o nome conhecido com"
    " PATCH /api/customers/{{id}}, ou ponha name_difference do lojista em note"
)

SOLD_AT: Final = {Language.EN: _SOLD_AT_EN, Language.PT: _SOLD_AT_PT}
"""How instants are written."""

MESSAGES: Final[Mapping[str, Mapping[Language, Text]]] = {
    "required": _both(
        ("This field is missing.", "a value"),
        ("Este campo está ausente.", "um valor"),
    ),
    "unknown_field": _both(
        ("This field does not exist here.", "only: {fields}"),
        ("Este campo não existe aqui.", "somente: {fields}"),
    ),
    "wrong_type": _both(
        ("The value has the wrong type.", "{type}"),
        ("O valor tem o tipo errado.", "{type}"),
    ),
    "money_format": _both(
        ("The amount is not written as money.", _MONEY_EN),
        ("O valor não está escrito como dinheiro.", _MONEY_PT),
    ),
    "money_out_of_range": _both(
        ("The amount is out of range.", _MONEY_EN),
        ("O valor está fora dos limites.", _MONEY_PT),
    ),
    "quantity_format": _both(
        ("The quantity is not written as a quantity.", _QTY_EN),
        ("A quantidade não está escrita como quantidade.", _QTY_PT),
    ),
    "quantity_out_of_range": _both(
        ("The quantity is out of range.", _QTY_EN),
        ("A quantidade está fora dos limites.", _QTY_PT),
    ),
    "document_format": _both(
        ("The document is not a CPF.", "11 digits as a text, or 000.000.000-00"),
        ("O documento não é um CPF.", "11 dígitos como texto, ou 000.000.000-00"),
    ),
    "document_repeated": _both(
        ("A CPF of one repeated digit is never issued.", "a CPF that was issued"),
        ("Um CPF de um único dígito repetido nunca é emitido.", "um CPF emitido"),
    ),
    "document_check_digits": _both(
        ("The check digits of the CPF are wrong.", "a CPF with right check digits"),
        (
            "Os dígitos verificadores do CPF estão errados.",
            "um CPF com dígitos verificadores corretos",
        ),
    ),
    "name_length": _both(
        ("The name is empty or too long.", "1 to {highest} characters, not only spaces"),
        ("O nome está vazio ou é longo demais.", "1 a {highest} caracteres, não só espaços"),
    ),
    "name_not_printable": _both(
        (
            "The name holds a character that cannot be printed or was lost in another encoding.",
            "printable characters only, sent in UTF-8",
        ),
        (
            "O nome contém um caractere não imprimível ou perdido em outra codificação.",
            "somente caracteres imprimíveis, enviados em UTF-8",
        ),
    ),
    "name_encoding": _both(
        (
            "The name is UTF-8 that was read as Windows-1252 or Latin-1 before it was sent.",
            "{meant}, if that is the name: read it as UTF-8",
        ),
        (
            "O nome é UTF-8 que foi lido como Windows-1252 ou Latin-1 antes do envio.",
            "{meant}, se o nome for esse: leia-o como UTF-8",
        ),
    ),
    "name_without_letter": _both(
        ("The name has no letter.", "a name with a letter"),
        ("O nome não tem nenhuma letra.", "um nome com alguma letra"),
    ),
    "customer_name_mismatch": _both(
        ("This CPF is known under another person's name; nothing was recorded.", _NAME_EN),
        ("Este CPF é conhecido pelo nome de outra pessoa; nada foi registrado.", _NAME_PT),
    ),
    "lines_count": _both(
        ("A sale has between {lowest} and {highest} lines.", "{lowest} to {highest} lines"),
        ("Uma venda tem entre {lowest} e {highest} linhas.", "{lowest} a {highest} linhas"),
    ),
    "product_type_unknown": _both(
        (
            "This product type has no rate at the sale's instant.",
            "one of the product types, written exactly: {types}",
        ),
        (
            "Este tipo de produto não tem taxa no instante da venda.",
            "um dos tipos de produto, escrito exatamente: {types}",
        ),
    ),
    "type_or_sku": _both(
        ("A line gives either its product's type or its sku.", "one of: type, sku"),
        ("Um item informa ou o tipo ou o sku do produto.", "um de: type, sku"),
    ),
    "sku_format": _both(
        (
            "The sku is empty, too long or holds other characters.",
            "1 to {highest} visible ASCII characters",
        ),
        (
            "O sku está vazio, é longo demais ou contém outros caracteres.",
            "1 a {highest} caracteres ASCII visíveis",
        ),
    ),
    "unknown_sku": _both(
        ("There is no such product in the catalogue.", "a sku of the catalogue, written exactly"),
        ("Não existe este produto no catálogo.", "um sku do catálogo, escrito exatamente"),
    ),
    "sku_without_type": _both(
        (
            "This product had no type yet at the sale's instant.",
            "a product that has a type at sold_at",
        ),
        (
            "Este produto ainda não tinha tipo no instante da venda.",
            "um produto que tenha tipo em sold_at",
        ),
    ),
    "sold_at_format": _both(
        ("The instant is not written as one.", _SOLD_AT_EN),
        ("O instante não está escrito como tal.", _SOLD_AT_PT),
    ),
    "sold_at_nonexistent": _both(
        ("There is no such instant.", "an instant that exists in {zone}"),
        ("Esse instante não existe.", "um instante que existe em {zone}"),
    ),
    "sold_at_future": _both(
        ("The sale lies in the future.", "not later than {latest}"),
        ("A venda está no futuro.", "não depois de {latest}"),
    ),
    "sold_at_too_old": _both(
        ("The sale is too old.", "not before {earliest}"),
        ("A venda é antiga demais.", "não antes de {earliest}"),
    ),
    "discount_too_large": _both(
        ("The discount is larger than what it discounts.", "at most {highest}"),
        ("O desconto é maior do que aquilo que desconta.", "no máximo {highest}"),
    ),
    "total_mismatch": _both(
        ("The total is not the sum of the lines less the discount.", "{sum}"),
        ("O total não é a soma das linhas menos o desconto.", "{sum}"),
    ),
    "sale_id_format": _both(
        (
            "The sale's id is empty, too long or holds other characters.",
            "1 to {highest} visible ASCII characters",
        ),
        (
            "O id da venda está vazio, é longo demais ou contém outros caracteres.",
            "1 a {highest} caracteres ASCII visíveis",
        ),
    ),
    "sale_id_holds_document": _both(
        (
            "The sale's id holds the customer's CPF, which could not be erased there.",
            "an id of the sale that tells nothing of who bought",
        ),
        (
            "O id da venda contém o CPF do cliente, que ali não poderia ser apagado.",
            "um id da venda que não diga quem comprou",
        ),
    ),
    "idempotency_key_holds_document": _both(
        (
            "The Idempotency-Key holds the customer's CPF, which could not be erased there.",
            "a key that tells nothing of who bought",
        ),
        (
            "A Idempotency-Key contém o CPF do cliente, que ali não poderia ser apagado.",
            "uma chave que não diga quem comprou",
        ),
    ),
}
"""Every code a validation can answer with, in every language."""

TYPE_NAMES: Final[Mapping[str, Mapping[Language, str]]] = {
    "object": {Language.EN: "an object", Language.PT: "um objeto"},
    "array": {Language.EN: "an array", Language.PT: "uma lista"},
    "string": {Language.EN: "a string", Language.PT: "um texto"},
    "string or number": {Language.EN: "a string or a number", Language.PT: "um texto ou um número"},
}
"""What a wrong_type violation expected instead."""


class Kind(StrEnum):
    """What came, where it is told by its kind alone: as English has it."""

    OBJECT = "an object"
    ARRAY = "an array"
    NUMBER = "a number"
    LONG_INTEGER = "an integer of many digits"


KINDS: Final[Mapping[Kind, Mapping[Language, str]]] = {
    Kind.OBJECT: {Language.EN: Kind.OBJECT.value, Language.PT: "um objeto"},
    Kind.ARRAY: {Language.EN: Kind.ARRAY.value, Language.PT: "uma lista"},
    Kind.NUMBER: {Language.EN: Kind.NUMBER.value, Language.PT: "um número"},
    Kind.LONG_INTEGER: {
        Language.EN: Kind.LONG_INTEGER.value,
        Language.PT: "um inteiro de muitos dígitos",
    },
}
"""How `received` tells of a kind; whatever else came is shown as it came."""


def told_in(language: Language, received: str | None) -> str | None:
    """What came, in words of that language where it is told in words."""
    return KINDS[received][language] if isinstance(received, Kind) else received
