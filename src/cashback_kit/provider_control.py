"""How a test directs the provider, and sees what it really paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[[str, str, "dict[str, Any] | None"], Any]
    """Method, path and body of a request to the sandbox provider; its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCredit:
    """A payment to a wallet; `cashback` is in reais as the provider was told, `"10.00"`."""

    document: str
    cashback: str
    reference: str | None
    """The id of the cashback that it was paid for."""


class ProviderControl:
    """The sandbox provider of a gateway (docs/sandbox.md lists what it can do)."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.directed = False
        """Whether it may do anything but pay at once."""

    def misbehave(
        self,
        behaviour: str,
        *,
        document: str | None = None,
        times: int | None = None,
        **timing: float,
    ) -> None:
        """Treat every order so, or those of that document, for so many orders or until told.

        `timing` is of docs/sandbox.md: `delay_s=2` for one. Raises ValueError for what the sandbox
        does not know, and for `times` without a document.
        """
        if times is not None and document is None:
            raise ValueError("times goes with a document")
        directions: dict[str, Any] = dict(timing)
        if document is None:
            directions["rates"] = {behaviour: 1.0}
        else:
            directions |= {"document": document, "behaviour": behaviour, "times": times}
        self._ask("POST", "/behaviours", directions)
        self.directed = True

    def behave(self) -> None:
        """Pay at once and say so, from now on."""
        self._ask("DELETE", "/behaviours", None)
        self.directed = False

    def credits(self, document: str | None = None) -> tuple[ProviderCredit, ...]:
        """What was really paid, the oldest first: all, or to that document (without dots)."""
        return tuple(
            ProviderCredit(
                document=credit["document"],
                cashback=credit["cashback"],
                reference=credit["reference"],
            )
            for credit in self._ask("GET", "/ledger", None)["credits"]
            if document in {None, credit["document"]}
        )

    @property
    def calls(self) -> int:
        """How many orders it was sent, paid or not."""
        return int(self._ask("GET", "/ledger", None)["calls"])
