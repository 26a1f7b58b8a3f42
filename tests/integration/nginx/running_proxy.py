"""A real nginx with the committed configuration, on loopback, in front of whatever a name means."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from cashback_gateway.local.ports import free_port
from integration.nginx.name_server import name_server
from integration.running import ROOT, Reply, send

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from integration.nginx.stand_in_api import StandInApi

CONFIGURATION: Final = ROOT / "infra" / "nginx"
START_S: Final = 10.0
STOP_S: Final = 10.0

LIMITS: Final = {
    "NGINX_REQUESTS_PER_S": "100000",
    "NGINX_REQUESTS_BURST": "100000",
    "NGINX_LOGINS_PER_S": "100000",
    "NGINX_LOGINS_BURST": "100000",
    "NGINX_LOGINS_AT_ONCE": "10000",
    "NGINX_CONNECTIONS": "10000",
}
"""None to speak of: tests of limits give their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A running nginx; `folder` holds its configuration, as filled in, and its logs."""

    base_url: str
    folder: Path
    process: subprocess.Popen[bytes]

    def request(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request."""
        return send(self.base_url, method, path, content, headers or {})

    def log(self, count: int) -> list[dict[str, Any]]:
        """The lines of the access log, as soon as there are so many."""
        deadline = time.monotonic() + START_S
        while True:
            lines = self.file("access.log").splitlines()
            if len(lines) >= count:
                return [json.loads(line) for line in lines]
            assert time.monotonic() < deadline, lines
            time.sleep(0.01)

    def log_of(self, reply: Reply) -> dict[str, Any]:
        """The line of one request: workers write their lines in any order, after the answers."""
        deadline = time.monotonic() + START_S
        while True:
            for line in self.file("access.log").splitlines(keepends=True):
                if line.endswith("\n") and reply.headers["x-request-id"] in line:
                    found: dict[str, Any] = json.loads(line)
                    return found
            assert time.monotonic() < deadline, reply
            time.sleep(0.01)

    def file(self, name: str) -> str:
        """The text of one of its files."""
        return (self.folder / name).read_text(encoding="utf-8")


def find_nginx() -> str | None:
    """Where it is, if it is installed."""
    return shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


@contextmanager
def running_proxy(*, api: str, resolver: str, **values: str) -> Generator[Proxy, None, None]:
    """nginx in front of `api` (name:port), which `resolver` knows; values of other variables."""
    nginx = find_nginx()
    if nginx is None:
        pytest.fail("no nginx here: apt-get install --no-install-recommends nginx")
    port = free_port("127.0.0.1")
    with tempfile.TemporaryDirectory(prefix="cashback-nginx-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # its workers are nobody
        filled = {
            "NGINX_PORT": f"127.0.0.1:{port}",
            "NGINX_API": api,
            "NGINX_RESOLVER": resolver,
            "NGINX_TMP": name,
            "NGINX_ANSWER_TIMEOUT": "45s",
            **LIMITS,
            **values,
        }
        _render(folder, filled, with_tls="NGINX_TLS_PORT" in values)
        with (folder / "access.log").open("wb") as out, (folder / "error.log").open("wb") as errors:
            process = subprocess.Popen(
                [
                    *(nginx, "-e", "stderr", "-p", name, "-c", str(folder / "nginx.conf")),
                    *("-g", f"daemon off; pid {name}/nginx.pid;"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
            )
        proxy = Proxy(base_url=f"http://127.0.0.1:{port}", folder=folder, process=process)
        try:
            _wait_until_up(proxy)
            yield proxy
        finally:
            process.terminate()
            process.wait(STOP_S)


@contextmanager
def proxy_of(api: StandInApi, **values: str) -> Generator[Proxy, None, None]:
    """nginx in front of a stand-in, with values of some variables."""
    with (
        name_server(api.host) as names,
        running_proxy(api=f"api.test:{api.port}", resolver=names.address, **values) as proxy,
    ):
        yield proxy


def _render(folder: Path, filled: Mapping[str, str], *, with_tls: bool) -> None:
    """Lay the files out as in the image and fill in the variables as its `envsubst` does."""
    shutil.copy(CONFIGURATION / "nginx.conf", folder)
    shutil.copytree(CONFIGURATION / "gateway", folder / "gateway")
    templates = sorted((CONFIGURATION / "templates").glob("*.template"))
    if with_tls:
        templates += sorted((CONFIGURATION / "tls").glob("*.template"))
    (folder / "conf.d").mkdir()
    for template in templates:
        text = template.read_text(encoding="utf-8")
        text = re.sub(r"\$\{([A-Z_]+)\}", lambda found: filled[found[1]], text)
        (folder / "conf.d" / template.stem).write_text(text, encoding="utf-8")


def _wait_until_up(proxy: Proxy) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            assert proxy.request("GET", "/metrics").status == 404
        except OSError:
            assert proxy.process.poll() is None, proxy.file("error.log")
            assert time.monotonic() < deadline, proxy.file("error.log")
            time.sleep(0.02)
        else:
            return
