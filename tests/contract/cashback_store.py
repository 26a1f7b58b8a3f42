"""What every cashback store keeps, in memory and on PostgreSQL alike.

A subclass supplies the fixture `store`: empty but for the merchants 1 and 2, both with the rates
A 500, B 100, C 800 and D 1000 basis points since 2000-01-01, the zone America/Sao_Paulo and a
give-up time of a day; and the hooks `expire_leases`, `expire_confirmations`, `make_due` and
`make_open_for`, which turn the time, `pause_sender`, `put_product`, `set_ceilings`, `put_stop` and
`lift_stop`.
"""

from __future__ import annotations

from contract.alikes import AlikesContract
from contract.attempts import AttemptsContract
from contract.braking import BrakingContract
from contract.catalogue import CatalogueContract
from contract.confirming import ConfirmingContract
from contract.history import HistoryContract
from contract.naming import NamingContract
from contract.pausing import PausingContract
from contract.persons import PersonsContract
from contract.reading import ReadingContract
from contract.searching import SearchingContract
from contract.tills import TillsContract


class CashbackStoreContract(
    NamingContract,
    PersonsContract,
    AttemptsContract,
    ReadingContract,
    SearchingContract,
    PausingContract,
    CatalogueContract,
    BrakingContract,
    ConfirmingContract,
    HistoryContract,
    TillsContract,
    AlikesContract,
):
    """The whole contract of `cashback_core.intake.store.CashbackStore`."""
