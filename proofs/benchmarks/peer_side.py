"""The peers (proofs/peers) as they are served: several processes each, a database of their own."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks.gateway_side import stand_in, wait_ready
from benchmarks.http_side import HOST, HttpSide, Service
from benchmarks.peer_proof import prove_flow
from benchmarks.phase import WrongResultError
from benchmarks.processes import CHECKOUT, python
from cashback_gateway.local.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from benchmarks.ledgers import Database

PYTHON: Final = CHECKOUT / ".venv-peers/bin/python"
_USER: Final = "merchant"
_PREPARED_S: Final = 60.0
# The quickest of them does not reach this; sales that nobody sends cost time to make.
_FIRST_GUESS_PER_S: Final = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a peer is prepared and served; `{port}` is filled in."""

    name: str
    about: str
    prepare: str
    serve: tuple[str, ...]
    environ: Mapping[str, str]


_GUNICORN: Final = (
    "gunicorn",
    "--workers=3",
    "--worker-class=sync",
    "--bind=127.0.0.1:{port}",
    "peers.django_rest.wsgi",
)
DJANGO: Final = Recipe(
    name="django",
    about="Django REST as the first implementation: three sync workers of gunicorn, a connection "
    "to database and provider made for each request",
    prepare="peers.django_rest.prepare",
    serve=_GUNICORN,
    environ={},
)
DJANGO_PERSISTENT: Final = Recipe(
    name="django-persistent",
    about="the same with persistent connections to database and provider",
    prepare="peers.django_rest.prepare",
    serve=_GUNICORN,
    environ={"PERSISTENT": "1"},
)
FASTAPI: Final = Recipe(
    name="fastapi",
    about="FastAPI, SQLAlchemy's asyncio sessions on asyncpg, httpx: two workers of uvicorn on "
    "uvloop and httptools",
    prepare="peers.fastapi_alchemy.prepare",
    serve=(
        "uvicorn",
        "--workers=2",
        "--loop=uvloop",
        "--http=httptools",
        "--no-access-log",
        "--log-level=warning",
        "--host=127.0.0.1",
        "--port={port}",
        "peers.fastapi_alchemy.app:app",
    ),
    environ={},
)
RECIPES: Final = (DJANGO, DJANGO_PERSISTENT, FASTAPI)


@contextlib.contextmanager
def peer(recipe: Recipe, database: Database, folder: Path) -> Generator[HttpSide, None, None]:
    """Prepare a peer's database and serve it. Raises WrongResultError, FileNotFoundError."""
    if not PYTHON.exists():
        raise FileNotFoundError(f"no {PYTHON.parents[1].name}: `make bench-peers` makes it")
    password = secrets.token_urlsafe(12)
    with stand_in(os.environ, folder / "provider.log") as (provider_pid, provider_port):
        environ = {
            **os.environ,
            "DATABASE_URL": database.dsn,
            "PROVIDER_URL": f"http://{HOST}:{provider_port}",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "PEER_USER": _USER,
            "PEER_PASSWORD": password,
            "PYTHONPATH": str(CHECKOUT / "proofs"),
            **recipe.environ,
        }
        _prepare(recipe, environ)
        port = free_port(HOST)
        command = ["-m", *(part.format(port=port) for part in recipe.serve)]
        log = folder / f"{recipe.name}.log"
        with python(*command, environ=environ, log=log, program=str(PYTHON)) as api:
            wait_ready(api, port, "/api/token", log)
            service = Service(
                port=port,
                api_pid=api.pid,
                provider_pid=provider_pid,
                provider_port=provider_port,
            )
            side = HttpSide(
                service=service,
                database=database,
                username=_USER,
                password=password,
                folder=folder,
                path="/api/cashback",
                first_guess_per_s=_FIRST_GUESS_PER_S,
            )
            prove_flow(side)
            yield side


def _prepare(recipe: Recipe, environ: Mapping[str, str]) -> None:
    begun_at = time.monotonic()
    done = subprocess.run(
        [PYTHON, "-m", recipe.prepare],
        env=dict(environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=_PREPARED_S,
    )
    if done.returncode != 0:
        spent_s = time.monotonic() - begun_at
        raise WrongResultError(f"{recipe.name}, after {spent_s:.0f} s: {done.stderr[-2000:]}")
