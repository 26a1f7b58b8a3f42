"""Whether the body of an answer says that what was asked has failed, whatever its status says.

The provider documents one body of a 201: createdAt, message, id, document, cashback. Servers, and
gateways in front of them, also say 201 to what they then report as failed inside. The tables below
are all that is understood so; everything else, odd and broken bodies too, says nothing.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

from cashback_core.values.violations import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FAILED_FROM_CODE: Final = 400
"""The lowest code that tells of a failure, as in HTTP."""

MAX_DEPTH: Final = 4
MAX_LOOKED_AT: Final = 1_000
"""Most fields that are looked at, outer ones first; a body has at most 64 KiB."""

_READ_CHARS: Final = 200


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


class Saying(Enum):
    """How a field can say that something failed."""

    SUCCESS = "false, zero, or a text that says so"
    STATE = "false, a code of 400 or more or below zero, or a text that tells of failure"
    ERROR = "anything but nothing: null, false, zero, blank, empty, or a word for none of it"
    CODE = "400 or more, below zero, E001 and its like, or a text that tells of failure"
    MESSAGE = "a text that begins by telling of failure"
    ENVELOPE = "an object or a list in which a field says so"


TABLE: Final[Mapping[Saying, str]] = {
    Saying.SUCCESS: "success successful succeeded issuccess issuccessful wassuccessful ok isok"
    " sucesso valid isvalid valido approved aprovado authorized autorizado accepted aceito"
    " processed processado created criado applied credited creditado",
    Saying.STATE: "status state result resultado situacao estado outcome type statusname"
    " statustext resultstatus resulttype"
    " paymentstatus transactionstatus creditstatus statuspagamento statustransacao",
    Saying.ERROR: "error errors erro erros exception exceptions excecao fault faults failures"
    " falhas violations problems errormessage errormessages errordescription errordetail"
    " errordetails mensagemerro mensagemdeerro descricaoerro motivoerro errorcode codigoerro"
    " coderror errno faultcode faultstring failed failure isfailure haserror haserrors iserror"
    " temerro falha falhou"
    " rejected rejeitado refused recusado denied negado declined",
    Saying.CODE: "code statuscode codigo httpstatus httpcode httpstatuscode codigostatus"
    " responsecode returncode codigoretorno resultcode",
    Saying.MESSAGE: "message mensagem msg detail details detalhe title titulo description"
    " descricao reason motivo",
    Saying.ENVELOPE: "data dados result results resultado resultados response resposta retorno"
    " body payload meta item items status content",
}
"""What each field says it by, named in small letters without accents and separators."""

FAILING: Final = _listed(
    "err error errors bad failed failure failures fail fails failing rejected rejection "
    "refused denied declined cancelled canceled invalid aborted expired unauthorized "
    "unauthorised forbidden reversed voided exception fault nok ko unsuccessful unprocessed "
    "unprocessable blocked unable erro erros falha falhas falhou falhado "
    "rejeitado rejeitada recusado recusada negado negada cancelado cancelada invalido "
    "invalida abortado expirado estornado bloqueado excecao malsucedido reprovado "
    "insuficiente insufficient timeout unavailable indisponivel"
)
"""Words that tell of failure, unless one of NEGATING stands before."""

SUCCEEDING: Final = _listed(
    "ok success successful succeeded approved accepted authorized authorised processed "
    "created applied credited completed valid found paid permitted allowed possible sucesso "
    "aprovado aprovada aceito aceita autorizado autorizada processado processada criado "
    "criada creditado pago concluido valido valida encontrado encontrada permitido possivel"
)
"""Words that tell of failure when one of NEGATING stands before."""

NEGATING: Final = _listed("no not non without never cannot couldnt nao sem zero nenhum nenhuma 0")
_FALSE: Final = _listed("false no n nao f 0")
_NONE: Final = _FALSE | frozenset(["", "none", "null", "nil", "nenhum", "nenhuma", "na", "n a"])
_NUMBER: Final = re.compile(r"-?[0-9]{1,9}\Z", re.ASCII)
_ERROR_CODE: Final = re.compile(r"e(?:rr)?[ ]?[0-9]{2,9}\Z")
_BEGINNING_WORDS: Final = 5


def failure_told(body: Mapping[str, object] | list[object]) -> str | None:
    """What in a decoded JSON body says that it failed, such as "success is false"; else None."""
    for at, name, value, saying in _fields(body):
        if _says_so(saying, value):
            return f"{_place(at, name)} is {show(value)}"
    return None


def _fields(
    body: Mapping[str, object] | list[object],
) -> Iterator[tuple[str, str | int, object, Saying]]:
    """Every field that may say something, and where; those in envelopes behind the others."""
    containers: list[tuple[str, object, int]] = [("", body, 0)]
    looked_at = 0
    for at, container, depth in containers:  # it grows meanwhile
        for name, value in _members(container):
            looked_at += 1
            if looked_at > MAX_LOOKED_AT:
                return
            sayings = _sayings(name[:_READ_CHARS]) if isinstance(name, str) else _LISTED
            if Saying.ENVELOPE in sayings and depth < MAX_DEPTH and isinstance(value, dict | list):
                containers.append((_place(at, name), cast("object", value), depth + 1))
            for saying in sayings:
                yield at, name, value, saying


@lru_cache(maxsize=256)  # answers of one provider have the same few names: 15 µs less of each
def _sayings(name: str) -> tuple[Saying, ...]:
    """What a field of that name may say."""
    return _SAYINGS.get(_plain(name).replace(" ", ""), ()) if name else _LISTED


_SAYINGS: Final[Mapping[str, tuple[Saying, ...]]] = {
    name: tuple(saying for saying, names in TABLE.items() if name in names.split())
    for names in TABLE.values()
    for name in names.split()
}
_LISTED: Final = (Saying.ENVELOPE,)


def _members(container: object) -> Iterable[tuple[str | int, object]]:
    if isinstance(container, list):
        return enumerate(cast("list[object]", container))
    return cast("Mapping[str, object]", container).items()


def _place(at: str, name: str | int) -> str:
    if isinstance(name, int):
        return f"{at}[{name}]"
    return f"{at}.{show(name)}" if at else show(name)


def _says_so(saying: Saying, value: object) -> bool:  # noqa: PLR0911 (one for each way)
    if saying is Saying.ERROR:
        return not _is_nothing(value)
    if saying is Saying.ENVELOPE or value is None or isinstance(value, dict | list):
        return False  # what is in it may say it
    text = _plain(str(value))
    if saying is Saying.SUCCESS:
        return value == 0 or text in _FALSE or _tells_failure(text)
    if saying is Saying.MESSAGE:
        return _tells_failure(" ".join(text.split()[:_BEGINNING_WORDS]))
    if isinstance(value, bool) or text == "false":
        return saying is Saying.STATE and text == "false"
    if _is_failing_number(value):
        return True
    return _tells_failure(text) or (saying is Saying.CODE and _ERROR_CODE.match(text) is not None)


def _is_failing_number(value: object) -> bool:
    """Whether a number, or a text that is one, is a code of a failure."""
    if isinstance(value, str):
        value = int(value) if _NUMBER.match(value.strip()) else 0
    return isinstance(value, int | float) and (value >= FAILED_FROM_CODE or value < 0)


def _tells_failure(text: str) -> bool:
    """Whether a plain text has a word of failure, or a word of success that is negated."""
    words = text.split()
    for place, word in enumerate(words):
        negated = not NEGATING.isdisjoint(words[max(0, place - 2) : place])
        if word in (SUCCEEDING if negated else FAILING):
            return True
    return False


def _is_nothing(value: object, depth: int = 0) -> bool:
    """Whether an error's value is no error: nothing, or nothing in anything in it."""
    if isinstance(value, dict | list) and depth < MAX_DEPTH:
        members = _members(cast("object", value))
        return all(_is_nothing(member, depth + 1) for _, member in members)
    if not isinstance(value, str):
        return not value
    text = _plain(value)
    words = text.split()
    return text in _NONE or not text.strip("0") or _denies(words)


def _denies(words: list[str]) -> bool:
    """Whether it says "no error", however many."""
    return len(words) > 1 and words[0] in NEGATING and words[1] in FAILING


def _plain(text: str) -> str:
    """Words in small letters without accents; a capital inside a word begins another."""
    apart = _INNER_CAPITAL.sub(" ", text[:_READ_CHARS])
    if apart.isascii():  # the long way makes the same of it
        return " ".join(_WORD.findall(apart.replace("'", "").lower()))
    apart = unicodedata.normalize("NFKD", apart)
    kept = "".join(c for c in apart if not unicodedata.combining(c) and c not in "'\u2019")
    return " ".join(_WORD.findall(kept.casefold()))


_INNER_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD: Final = re.compile(r"[^\W_]+")
