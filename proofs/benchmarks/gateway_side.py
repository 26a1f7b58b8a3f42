"""The gateway as it is served: one API process and the stand-in provider."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from benchmarks.http_side import HOST, HttpSide, Service, is_served, line
from benchmarks.phase import WrongResultError
from benchmarks.processes import python

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Generator, Mapping
    from pathlib import Path

READY_S = 60.0
_POLL_S = 0.02


class Gateway(HttpSide):
    """The gateway, taking sales."""


@contextlib.contextmanager
def serving(
    environ: Mapping[str, str], folder: Path, *, profiler: tuple[str, ...] = ()
) -> Generator[Service, None, None]:
    """Run the stand-in and the API, under a profiler's `-m` arguments if there is one.

    Raises WrongResultError with the end of the log when the API does not get ready.
    """
    log = folder / "api.log"
    with stand_in(environ, folder / "provider.log") as (provider_pid, provider_port):
        settings = {"CASHBACK_PROVIDER_URL": f"http://{HOST}:{provider_port}"}
        command = [*profiler, "-m", "cashback_gateway", "--end-with-stdin", "serve"]
        port = int(environ["CASHBACK_PORT"])
        with python(*command, environ={**environ, **settings}, log=log) as api:
            wait_ready(api, port, "/health/ready", log)
            yield Service(
                port=port,
                api_pid=api.pid,
                provider_pid=provider_pid,
                provider_port=provider_port,
            )


def is_ready(port: int) -> bool:
    """Return whether the API there says that it is ready."""
    return is_served(port, "/health/ready")


@contextlib.contextmanager
def stand_in(environ: Mapping[str, str], log: Path) -> Generator[tuple[int, int], None, None]:
    """Run a provider of one's own; yields its process id and its port."""
    with python("-m", "benchmarks.stand_in", environ=environ, log=log) as process:
        yield process.pid, int(line(process, "the stand-in provider"))


def wait_ready(api: subprocess.Popen[str], port: int, path: str, log: Path) -> None:
    """Wait until a service answers. Raises WrongResultError with what its log says last."""
    deadline = time.monotonic() + READY_S
    while not is_served(port, path):
        if api.poll() is not None or time.monotonic() > deadline:
            words = log.read_text(encoding="utf-8", errors="replace")[-3000:]
            raise WrongResultError(f"the API does not get ready: {words}")
        time.sleep(_POLL_S)
