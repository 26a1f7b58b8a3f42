"""A provider to pay against: real HTTP, a ledger that lasts, and every misbehaviour on demand.

`POST /api/mock/Cashback` credits; `GET /ledger` and `GET /statement?from=&to=` tell what was
credited; `POST /behaviours` and `DELETE /behaviours` direct it, `GET /behaviours` lists what it
can do; `POST /options` chooses what kind of provider it is.
"""

from adapters.cashback_client.sandbox.desk import SandboxOptions
from adapters.cashback_client.sandbox.instructions import BadInstructionError
from adapters.cashback_client.sandbox.server import Sandbox, running_sandbox, serve_sandbox

__all__ = ["BadInstructionError", "Sandbox", "SandboxOptions", "running_sandbox", "serve_sandbox"]
