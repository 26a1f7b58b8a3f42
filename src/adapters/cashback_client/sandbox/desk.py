"""The sandbox apart from its sockets: it takes orders and answers questions about them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import parse_qs

from adapters.cashback_client.sandbox import answers
from adapters.cashback_client.sandbox.instructions import BadInstructionError, Instructions
from adapters.cashback_client.sandbox.ledger import Ledger, format_instant, parse_instant
from adapters.cashback_client.sandbox.statement import statement
from adapters.cashback_client.sandbox.tellings import Asked
from cashback_core.values.money import format_centavos

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.cashback_client.sandbox.ledger import Credit
    from adapters.cashback_client.sandbox.order import Order

CREDIT_PATH: Final = b"/api/mock/Cashback"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """What kind of provider this is.

    `idempotent`: a reference credits once, and its repetition gets the first answer.
    `statement_reference`: the statement's rows echo our reference. The real provider does neither.
    `statement`: how it is told from the start, by the names of `tellings`; `lines_of`: whose lines.
    """

    idempotent: bool = False
    statement_reference: bool = False
    statement: tuple[str, ...] = ()
    lines_of: str | None = None


@dataclass(slots=True, kw_only=True)
class Desk:
    """Ledger, instructions and options of one sandbox; `calls` counts the orders it was sent."""

    ledger: Ledger
    options: SandboxOptions = SandboxOptions()
    instructions: Instructions = field(default_factory=Instructions)
    calls: int = 0

    def __post_init__(self) -> None:
        """Begin as told to; raises BadInstructionError for a name that is not known."""
        if self.options.statement:
            self.instructions.tell(self.options.statement, lines_of=self.options.lines_of)

    def credit(self, order: Order) -> Credit:
        """Credit the wallet, and once more for a repetition, unless the sandbox is idempotent."""
        if self.options.idempotent and order.reference is not None:
            earlier = self.ledger.find(order.reference)
            if earlier is not None:
                return earlier
        return self.ledger.apply(order)

    def cue(self, order: Order, credit: Credit | None) -> answers.Cue:
        """Return what an answer to this order may speak of."""
        at = format_instant(self.ledger.watermark_us()) if credit is None else credit.at
        wait_s = int(self.instructions.timing.retry_after_s)
        return answers.Cue(order=order, at=at, retry_after_s=wait_s)

    def answer(self, method: bytes, target: bytes, body: bytes) -> bytes:
        """Answer everything but orders."""
        path, _, query = target.partition(b"?")
        methods = self._routes().get(path)
        if methods is None:
            return answers.problem(404)
        handler = methods.get(method)
        return answers.problem(405) if handler is None else handler(query, body)

    def _routes(self) -> dict[bytes, dict[bytes, Callable[[bytes, bytes], bytes]]]:
        """Path, then method, then what takes query and body."""
        return {
            CREDIT_PATH: {},
            b"/health/live": {b"GET": lambda _query, _body: _json({"status": "live"})},
            b"/ledger": {b"GET": lambda _query, _body: _json(self._ledger())},
            b"/statement": {b"GET": lambda query, _body: self._statement(query)},
            b"/behaviours": {
                b"GET": lambda _query, _body: _json(self.instructions.as_json()),
                b"POST": lambda _query, body: self._instruct(body),
                b"DELETE": lambda _query, _body: self._forget(),
            },
            b"/options": {b"POST": lambda _query, body: self._choose(body)},
        }

    def _ledger(self) -> dict[str, object]:
        credits_ = self.ledger.credits
        return {
            "calls": self.calls,
            "count": len(credits_),
            "sum": format_centavos(sum([credit.cashback_centavos for credit in credits_])),
            "credits": [credit.as_json() for credit in credits_],
        }

    def _statement(self, query: bytes) -> bytes:
        try:
            # A "+" in a query is a space by the rules of forms, and an offset by common mistake.
            given = parse_qs(
                query.replace(b"+", b"%2B").decode("ascii"), strict_parsing=bool(query)
            )
            page = int(given.pop("cursor", ["0"])[-1])
            bounds = {name: parse_instant(values[-1]) for name, values in given.items()}
            if not bounds.keys() <= {"from", "to"} or page < 0:
                return _bad("only from, to and cursor are known")
        except ValueError:
            return _bad("from and to: instants such as 2026-11-23T00:00:00Z are expected")
        asked = Asked(
            from_us=bounds.get("from"),
            now_us=self.ledger.watermark_us(),
            page=page,
            address=f"/statement?{query.decode('ascii')}",
        )
        return statement(
            self.ledger,
            asked,
            to_us=bounds.get("to"),
            with_reference=self.options.statement_reference,
            told=self.instructions.told,
        )

    def _instruct(self, body: bytes) -> bytes:
        try:
            self.instructions.instruct(json.loads(body))
        except BadInstructionError as exc:
            return _bad(str(exc))
        except ValueError:
            return _bad("not JSON")
        return _json(self.instructions.as_json())

    def _forget(self) -> bytes:
        self.instructions.reset()
        return _json(self.instructions.as_json())

    def _choose(self, body: bytes) -> bytes:
        try:
            given: object = json.loads(body)
        except ValueError:
            return _bad("not JSON")
        if not isinstance(given, dict):
            return _bad("an object is expected")
        options = cast("dict[str, object]", given)
        known = {"idempotent", "statement_reference"}
        if not options.keys() <= known or not all(isinstance(v, bool) for v in options.values()):
            return _bad("idempotent and statement_reference: true or false are expected")
        self.options = replace(self.options, **cast("dict[str, Any]", options))
        return _json(
            {
                "idempotent": self.options.idempotent,
                "statement_reference": self.options.statement_reference,
            }
        )


def _json(value: object) -> bytes:
    return answers.render(200, json.dumps(value, separators=(",", ":")).encode("ascii"))


def _bad(message: str) -> bytes:
    return answers.render(400, json.dumps({"message": message}).encode("ascii"))
