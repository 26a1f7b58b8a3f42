"""Which behaviour the next order meets: by its document, by chance, else the good one."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Final, cast

from adapters.cashback_client.sandbox.behaviours import BEHAVIOURS, GOOD
from adapters.cashback_client.sandbox.tellings import TELLINGS, Told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.cashback_client.sandbox.behaviours import Behaviour

_INSTRUCTIONS: Final = frozenset(
    {"rates", "seed", "document", "behaviour", "times", "statement", "lines_of"}
)

MAX_WAIT_S: Final = 3_600.0
"""Longest delay, drip step or hang that can be asked for."""


class BadInstructionError(ValueError):
    """Instructions that cannot be followed; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long things take, in seconds."""

    delay_s: float = 0.0
    """Before every order is looked at, the good ones too."""
    late_s: float = 3.0
    """From an order to its late credit."""
    hang_s: float = 60.0
    """How long a hanging connection stays open."""
    drip_s: float = 0.05
    """Between two bytes of a dripped answer."""
    retry_after_s: float = 1.0
    """What Retry-After asks for, in whole seconds."""


@dataclass(slots=True)
class _Direction:
    behaviour: Behaviour
    times: int | None


class Instructions:
    """The instructions in force; they live in memory only, until `reset` or the end."""

    def __init__(self) -> None:
        self.timing = Timing()
        self._rates: dict[str, float] = {}
        self._random = random.Random()  # noqa: S311 - dice, not keys
        self._by_document: dict[str, _Direction] = {}
        self.told = Told()

    def choose(self, document: str) -> Behaviour:
        """Pick the behaviour for one order; a direction for n times is used up by it."""
        direction = self._by_document.get(document) if self._by_document else None
        if direction is not None:
            if direction.times is not None:
                direction.times -= 1
                if direction.times == 0:
                    del self._by_document[document]
            return direction.behaviour
        if self._rates:
            dice = self._random.random()
            for name, rate in self._rates.items():
                dice -= rate
                if dice < 0:
                    return BEHAVIOURS[name]
        return GOOD

    def set_rates(self, rates: dict[str, float], *, seed: int | None = None) -> None:
        """Let chance decide: name → share of the orders; the rest is good.

        The same seed gives the same choices in the same order of arrival.
        """
        for name, rate in rates.items():
            _known(name)
            if not 0 <= rate <= 1:
                raise BadInstructionError(f"rates: {name}: from 0 to 1 is expected")
        if sum(rates.values()) > 1.000_001:
            raise BadInstructionError("rates: together more than 1")
        self._rates = dict(rates)
        self._random = random.Random(seed)  # noqa: S311 - dice, not keys

    def direct(self, document: str, behaviour: str, *, times: int | None = None) -> None:
        """Treat this document so, always or for that many orders."""
        if times is not None and times < 1:
            raise BadInstructionError("times: at least 1 is expected")
        self._by_document[document] = _Direction(_known(behaviour), times)

    def tell(self, names: Sequence[str], *, lines_of: str | None = None) -> None:
        """Tell the statement in these ways, in this order; [] tells it as it is.

        With `lines_of`, a document, only that customer's lines are told otherwise.
        """
        for name in names:
            if name not in TELLINGS:
                raise BadInstructionError(f"no way to tell a statement is called {name!r}")
        self.told = Told(tellings=tuple(TELLINGS[name] for name in names), lines_of=lines_of)

    def set_timing(self, **seconds: float) -> None:
        """Change some of the times of `Timing`."""
        for name, value in seconds.items():
            if not 0 <= value <= MAX_WAIT_S:
                raise BadInstructionError(f"{name}: from 0 to {MAX_WAIT_S:g} is expected")
        self.timing = replace(self.timing, **seconds)

    def reset(self) -> None:
        """Behave well again, at once."""
        self.timing = Timing()
        self._rates = {}
        self._by_document.clear()
        self.told = Told()

    def instruct(self, instructions: object) -> None:
        """Follow the body of `POST /behaviours`; raises BadInstructionError, nothing changed."""
        if not isinstance(instructions, dict):
            raise BadInstructionError("an object is expected")
        given = cast("dict[str, object]", instructions)
        timing = {field.name for field in fields(Timing)}
        unknown = given.keys() - timing - _INSTRUCTIONS
        if unknown:
            raise BadInstructionError(f"not known: {', '.join(sorted(unknown))}")
        trial = Instructions()  # all or nothing: what is wrong is found before anything changes
        for each in (trial, self):
            _follow(each, given, timing & given.keys())

    def as_json(self) -> dict[str, object]:
        """Return the table and the instructions in force, for `GET /behaviours`."""
        return {
            "behaviours": [
                {"name": b.name, "sentence": b.sentence, "applies": b.applies}
                for b in BEHAVIOURS.values()
            ],
            "rates": self._rates,
            "documents": {
                document: {"behaviour": direction.behaviour.name, "times": direction.times}
                for document, direction in self._by_document.items()
            },
            "timing": asdict(self.timing),
            "statements": [{"name": t.name, "sentence": t.sentence} for t in TELLINGS.values()],
            "statement": list(self.told.names),
            "lines_of": self.told.lines_of,
        }


def _follow(instructions: Instructions, given: dict[str, object], timing: set[str]) -> None:
    if "rates" in given:
        rates = given["rates"]
        if not isinstance(rates, dict):
            raise BadInstructionError("rates: an object is expected")
        named = cast("dict[str, object]", rates)
        seed = None if given.get("seed") is None else int(_number(given, "seed"))
        instructions.set_rates({name: _number(named, name) for name in named}, seed=seed)
    if "document" in given or "behaviour" in given:
        document, behaviour = given.get("document"), given.get("behaviour")
        if not isinstance(document, str) or not isinstance(behaviour, str):
            raise BadInstructionError("document and behaviour: two texts are expected")
        times = None if given.get("times") is None else int(_number(given, "times"))
        instructions.direct(document, behaviour, times=times)
    if "statement" in given or "lines_of" in given:
        names, lines_of = given.get("statement"), given.get("lines_of")
        told = [names] if isinstance(names, str) else names
        if not isinstance(told, list) or not isinstance(lines_of, str | None):
            raise BadInstructionError("statement and lines_of: a name or several, and a document")
        instructions.tell([str(name) for name in cast("list[object]", told)], lines_of=lines_of)
    instructions.set_timing(**{name: _number(given, name) for name in timing})


def _known(name: str) -> Behaviour:
    behaviour = BEHAVIOURS.get(name)
    if behaviour is None:
        raise BadInstructionError(f"no behaviour is called {name!r}")
    return behaviour


def _number(given: dict[str, object], name: str) -> float:
    value = given[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInstructionError(f"{name}: a number is expected")
    return value
