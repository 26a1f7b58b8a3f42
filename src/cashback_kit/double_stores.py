"""What a double's stores tell one another beyond what each promises alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cashback_core.administration.audit_trail import TrailStore
from cashback_core.administration.resources import Done
from cashback_core.intake.acceptance import Accepted
from cashback_core.testing.memory_identities import MemoryClient
from cashback_core.testing.memory_people import MemoryClients
from cashback_core.testing.memory_store import MemoryStore
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime, timedelta
    from uuid import UUID

    from cashback_core.administration.audit_trail import TrailLine
    from cashback_core.administration.resources import Caller, Missing, Page, Refusal
    from cashback_core.delivery.states import DeliveryPolicy
    from cashback_core.intake.acceptance import Acceptance, Submission
    from cashback_core.intake.confirmation import Confirmation
    from cashback_core.people.clients import Issued, NewClient
    from cashback_core.sales.sale import Sale


class NotingStore(MemoryStore):
    """Tells `after_acceptance` of each new sale, with the merchant whose it is.

    `after_confirmation` is called when something may be due that was not.
    """

    def __init__(self, now: Callable[[], datetime], policy: DeliveryPolicy) -> None:
        super().__init__({}, now=now, policy=policy)
        self.after_acceptance: Callable[[int, Sale], object] = lambda _, __: None
        self.after_confirmation: Callable[[], object] = lambda: None

    async def accept(self, submission: Submission) -> Acceptance:
        """See IntakeStore."""
        accepted = await super().accept(submission)
        if isinstance(accepted, Accepted):
            self.after_acceptance(submission.merchant_id, submission.sale)
        return accepted

    async def confirm(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002 (the domain's word)
        *,
        group: str | None = None,
    ) -> Confirmation | None:
        """See IntakeStore."""
        told = await super().confirm(merchant_id, id, group=group)
        self.after_confirmation()
        return told


class KeptClients(MemoryClients):
    """Keeps the secrets that it issues: whoever logs in with one is compared with it."""

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, **named)  # type: ignore[arg-type]
        self._issued: dict[tuple[str, int], tuple[UUID, str]] = {}

    async def create(self, caller: Caller, new: NewClient) -> Done[Issued] | Refusal:
        """See ClientStore."""
        return self._keep(await super().create(caller, new))

    async def rotate(
        self, caller: Caller, client_id: str, *, overlap: timedelta
    ) -> Done[Issued] | Refusal:
        """See ClientStore."""
        return self._keep(await super().rotate(caller, client_id, overlap=overlap))

    def able(self) -> Iterator[MemoryClient]:
        """Those that may log in, each with its secrets that are good now, the latest last."""
        now = self.shelf.now()
        for _, client in self.shelf.rows.values():
            good = [
                self._issued[client.id, secret.number]
                for secret in reversed(client.secrets)
                if (client.id, secret.number) in self._issued
                and (secret.expires_at is None or secret.expires_at > now)
            ]
            if good and not client.state.disabled:
                yield MemoryClient(
                    client_id=client.id,
                    merchant_id=self.ids[client.id],
                    role=client.state.role,
                    group=client.state.group,
                    secrets=dict(good),
                )

    def _keep(self, done: Done[Issued] | Refusal) -> Done[Issued] | Refusal:
        if isinstance(done, Done):
            issued = done.resource
            self._issued[issued.id, issued.number] = (new_id(), issued.secret)
            self.shelf.on_change()
        return done


class NoTrail(TrailStore):
    """A double keeps no audit trail, and says so rather than tell an empty one."""

    async def page(self, *_: Any, **__: Any) -> Page[TrailLine] | Missing:
        """See TrailStore."""
        raise StoreUnavailable("a double keeps no audit trail")
