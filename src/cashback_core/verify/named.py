"""The merchants' closes, held to those that the account's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cashback_core.closing.chain import BadLink, LinkFault

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cashback_core.closing.chain import Link
    from cashback_core.verify.report import ChainReport

    _Naming = tuple[str, Link]


class Named:
    """The merchants' closes that the account's good ones name."""

    def __init__(self) -> None:
        self.by_merchant: dict[str, dict[int, list[_Naming]]] = {}

    def take(self, account: ChainReport) -> None:
        """Take what the account's good closes name."""
        for link in account.good:
            assert link.signed is not None
            for row in link.signed.close.merchants:
                named = self.by_merchant.setdefault(row.merchant, {})
                named.setdefault(row.number, []).append((row.sha256, link))

    def bad(self, owner: str | None, links: Sequence[Link]) -> Iterable[BadLink]:
        """Where a merchant's closes are others than those named, or end before them."""
        named = self.by_merchant.get(owner, {}) if owner is not None else {}
        last = max(link.number for link in links)
        for link in links:
            for sha256, by in named.get(link.number, ()):
                if sha256 != link.sha256:
                    yield _bad(link, by, LinkFault.NAMED, due=sha256)
                elif by.day != link.day:
                    yield _bad(link, by, LinkFault.NAMED_DAY)
        if named and max(named) > last:
            yield BadLink(owner=owner, number=last + 1, day=None, fault=LinkFault.TAIL)

    def not_naming(self, chain: ChainReport) -> int:
        """How many closes of a merchant before the last one named are named nowhere."""
        named = self.by_merchant.get(chain.owner or "", {})
        return sum(link.number < max(named) and link.number not in named for link in chain.good)

    def without(self, chains: Iterable[ChainReport]) -> int:
        """How many merchants are named of whom no close was given."""
        return len(self.by_merchant.keys() - {chain.owner for chain in chains})


def _bad(link: Link, by: Link, fault: LinkFault, **values: str) -> BadLink:
    return BadLink(
        owner=link.owner,
        number=link.number,
        day=link.day,
        fault=fault,
        values={"day": str(by.day), **values},
        sources=(link.source, by.source),
    )
