"""Every old idea of which sale a request means, planted; they paid one sale two to five times."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from cashback_core.sales import content
from simulation import respelling
from simulation.mutant import Mutant
from simulation.respelling import SAME_SALE

if TYPE_CHECKING:
    from collections.abc import Iterator

_C: Final[Any] = content


def _name_in_content(sale: Any) -> str:
    return f"{_values(sale)}{sale.customer.name}"


def _lines_in_order(sale: Any) -> str:
    lines = (f"{line.value_e10}*{line.qty_e4}" for line in sale.lines)
    return "\n".join((_values(sale), *lines))


def _by_utc_alone(sale: Any) -> tuple[str, ...]:
    return tuple(_names(sale)[:1])


def _same_utc(recorded: Any, received: Any) -> bool:
    return bool(recorded.sold_at == received.sold_at)


def _any_name_says_another(_: Any, key: Any, sale_id: Any) -> bool:
    return key is not None or sale_id is not None


def _place_in_content(sale: Any) -> str:
    return f"{_values(sale)}{sale.place}"


def _payments_in_content(sale: Any) -> str:
    return f"{_values(sale)}{sale.payments}"


def _itself_alone(owner: Any) -> tuple[Any, ...]:
    return tuple(_base(owner)[:1])


def _any_place(*_: Any) -> bool:
    return True


def _key_as_text(text: str) -> str:
    return text


def _no_sale_id_added(known: Any, sale: Any, sale_id: Any, by_sale_id: Any, **same: bool) -> Any:
    if sale_id is not None and by_sale_id is None:
        return _S.Contradiction(known.id, _S.NameKind.IDEMPOTENCY_KEY, ())
    return _under_its_key(known, sale, sale_id, by_sale_id, **same)


def _mutants() -> Iterator[Mutant]:
    for what, owner, name, value in (
        ("the name is content", _C, "_values", _name_in_content),
        ("the order of lines is content", _C, "_values", _lines_in_order),
        ("content is named by its UTC", _S, "content_names", _by_utc_alone),
        ("content is compared by its UTC", _C, "_same_instant", _same_utc),
        ("a place is content whenever it is told", _C, "_values", _place_in_content),
        ("payments are content whenever told", _C, "_values", _payments_in_content),
        ("what is alike is compared with its first", _S.Owner, "base", property(_itself_alone)),
        ("two places are one", _S, "may_be_one", _any_place),
        ("a fresh key is a new sale", _S, "_may_be_equal", _any_name_says_another),
        ("a quoted key is a text", respelling, "read_key", _key_as_text),
        ("a sale id more is other content", _S, "_under_its_key", _no_sale_id_added),
    ):
        yield Mutant(what=what, owner=owner, name=name, value=value)


_S: Final[Any] = import_module("cashback_core.sales.same_sale") if SAME_SALE else None
_values: Final[Any] = getattr(_C, "_values", None)
_names: Final[Any] = getattr(_S, "content_names", None)
_base: Final[Any] = _S.Owner.base.fget if SAME_SALE else None
_under_its_key: Final[Any] = getattr(_S, "_under_its_key", None)
SAME_SALE_MUTANTS: Final = tuple(_mutants()) if SAME_SALE else ()
