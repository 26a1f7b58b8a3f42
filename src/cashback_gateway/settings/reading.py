"""The settings of a process: read once from the environment, checked all at once, frozen."""

from __future__ import annotations

import difflib
import re
import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from cashback_core.privacy.data_subjects import Retention
from cashback_gateway.settings import table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cashback_core.privacy.sealing import Seal

T = TypeVar("T")

_PREFIX = "CASHBACK_"
_PORT = re.compile(r"[0-9]+(?:[/#,]|\Z)", re.ASCII)
_LONGEST_SECRET = 16_384

REQUIRED = frozenset(row.name for row in table.SETTINGS if row.default is None and not row.optional)


class SettingsError(Exception):
    """Wrong settings; `violations` has one sentence for each."""

    def __init__(self, violations: tuple[str, ...]) -> None:
        super().__init__("; ".join(violations))
        self.violations = violations


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """`url` is a libpq URL and may hold a password."""

    url: str = field(repr=False)
    connections: int
    state_file: Path | None
    seal: Seal | None = field(repr=False)
    """With the erasure key; None where a command has no use for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Where the API listens, how long a request without `Prefer` waits, and what is logged.

    `rate_burst` requests of a caller pass at once and `rate_per_s` for ever, 0 for any number.
    """

    host: str
    port: int
    wait_s: float
    cors_origins: frozenset[str]
    rate_per_s: int
    rate_burst: int
    trusted_hops: int
    access_log: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSettings:
    """The keys' files and how long the two sorts of token live."""

    signing_key_file: Path
    verifying_key_files: tuple[Path, ...]
    access_s: int
    refresh_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaySettings:
    """Whom to believe that it is the provider, as whom, and the proxy; each may be absent."""

    ca_file: Path | None
    certificate_file: Path | None
    key_file: Path | None
    proxy_url: str | None
    proxy_credentials: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """`url` is the base before `/api/mock/Cashback`, without a trailing slash."""

    url: str
    authorization: str | None = field(repr=False)
    way: WaySettings
    connections: int
    idle_s: float
    echoes_reference: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BackoffSettings:
    """Full jitter: retry n waits U(0, min(max_s, base_s * 2**n))."""

    base_s: float
    max_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginSettings:
    """What must have passed, beyond lease - deadline, before absence is proved."""

    freeze_s: float
    provider_delay_s: float
    clock_skew_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSettings:
    """When nothing is sent for a while, and for how long."""

    failures: int
    unknowns: int
    pause_s: float
    pause_max_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcilingSettings:
    """When and how far back statements are read, and what may come of them how often."""

    open_s: float
    recent_s: float
    recent_days: int
    furthest_s: float
    precedes_s: float
    max_rounds: int
    max_rounds_s: float
    statement_lines: int
    statement_deadline_s: float

    @property
    def precedes(self) -> timedelta:
        """How long before its first attempt a credit may be dated, for whoever asks."""
        return timedelta(seconds=self.precedes_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettings:
    """The times of delivery."""

    deadline_s: float
    lease_s: float
    reaper_s: float
    worker_poll_s: float
    give_up_s: float
    backoff: BackoffSettings
    margin: MarginSettings
    breaker: BreakerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetrySettings:
    """What is told of a process. `metrics_port` 0: no metrics; no `otlp_endpoint`: no traces."""

    metrics_host: str
    metrics_port: int
    metrics_disks: tuple[Path, ...]
    log_format: table.LogFormat
    revision: str
    otlp_endpoint: str | None = field(repr=False)
    otlp_headers: tuple[tuple[str, str], ...] = field(repr=False)
    traces_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a process of the gateway is told from outside."""

    database: DatabaseSettings
    api: ApiSettings
    tokens: TokenSettings
    provider: ProviderSettings
    delivery: DeliverySettings
    reconciling: ReconcilingSettings
    retention: Retention
    telemetry: TelemetrySettings


def read_settings(environ: Mapping[str, str], *, needs: Collection[str] = REQUIRED) -> Settings:
    """Read and check every setting.

    Required ones outside `needs` may be absent and are then left empty: `migrate` has no use for
    a provider. Raises SettingsError with every violation found.
    """
    reader = _Reader(environ, needs)
    settings = Settings(
        database=DatabaseSettings(
            url=_database_url(reader),
            connections=reader.value(table.DATABASE_CONNECTIONS),
            state_file=reader.value(table.DATABASE_STATE_FILE),
            seal=reader.value(table.ERASURE_KEY),
        ),
        api=ApiSettings(
            host=reader.value(table.HOST),
            port=reader.value(table.PORT),
            wait_s=reader.value(table.WAIT_S),
            cors_origins=reader.value(table.CORS_ORIGINS),
            rate_per_s=reader.value(table.RATE_PER_S),
            rate_burst=reader.value(table.RATE_BURST),
            trusted_hops=reader.value(table.TRUSTED_HOPS),
            access_log=reader.value(table.ACCESS_LOG),
        ),
        tokens=TokenSettings(
            signing_key_file=reader.value(table.SIGNING_KEY_FILE),
            verifying_key_files=reader.value(table.VERIFYING_KEY_FILES),
            access_s=reader.value(table.ACCESS_TOKEN_S),
            refresh_s=reader.value(table.REFRESH_TOKEN_S),
        ),
        provider=ProviderSettings(
            url=reader.value(table.PROVIDER_URL),
            authorization=reader.value(table.PROVIDER_AUTHORIZATION) or None,
            way=_way(reader),
            connections=reader.value(table.PROVIDER_CONNECTIONS),
            idle_s=reader.value(table.PROVIDER_IDLE_S),
            echoes_reference=reader.value(table.PROVIDER_ECHOES_REFERENCE),
        ),
        delivery=_delivery(reader),
        reconciling=_reconciling(reader),
        retention=Retention(
            raw_days=reader.value(table.KEEP_RAW_DAYS),
            customer_days=reader.value(table.KEEP_CUSTOMERS_DAYS),
        ),
        telemetry=_telemetry(reader),
    )
    reader.not_above(table.RATE_PER_S, table.RATE_BURST)
    reader.not_above(table.ACCESS_TOKEN_S, table.REFRESH_TOKEN_S)
    reader.not_above(table.BACKOFF_BASE_S, table.BACKOFF_MAX_S)
    reader.not_above(table.BREAKER_PAUSE_S, table.BREAKER_PAUSE_MAX_S)
    reader.not_above(table.DEADLINE_S, table.LEASE_S, strictly=True)
    violations = (*reader.violations, *_unknown_names(environ))
    if violations:
        raise SettingsError(violations)
    return settings


def _database_url(reader: _Reader) -> str:
    """The URL with the password that came apart from it."""
    url, password = reader.value(table.DATABASE_URL), reader.value(table.DATABASE_PASSWORD)
    if not url or not password:
        return url
    # By hand: of several hosts urlsplit takes none in brackets but the first.
    scheme, mark, rest = url.partition("://")
    end = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    user, at, address = rest[:end].rpartition("@")
    if not at or ":" in user:
        reader.violations.append(
            f"{table.DATABASE_PASSWORD.name} is given; expected a user and no password "
            f"in {table.DATABASE_URL.name}"
        )
        return url
    return f"{scheme}{mark}{user}:{quote(password, safe='')}@{address}{rest[end:]}"


def _way(reader: _Reader) -> WaySettings:
    """The way to the provider, whose parts must fit one another."""
    way = WaySettings(
        ca_file=reader.value(table.PROVIDER_CA_FILE),
        certificate_file=reader.value(table.PROVIDER_CERTIFICATE_FILE),
        key_file=reader.value(table.PROVIDER_KEY_FILE),
        proxy_url=reader.value(table.PROVIDER_PROXY_URL) or None,
        proxy_credentials=reader.value(table.PROVIDER_PROXY_CREDENTIALS) or None,
    )
    if way.proxy_credentials and not way.proxy_url:
        reader.lacks(table.PROVIDER_PROXY_CREDENTIALS, table.PROVIDER_PROXY_URL)
    if way.key_file and not way.certificate_file:
        reader.lacks(table.PROVIDER_KEY_FILE, table.PROVIDER_CERTIFICATE_FILE)
    if way.certificate_file and not _is_pair(way.certificate_file, way.key_file):
        reader.violations.append(
            f"{table.PROVIDER_CERTIFICATE_FILE.name} is {str(way.certificate_file)!r}; expected "
            "a certificate (PEM) with its unencrypted key, there or in "
            f"{table.PROVIDER_KEY_FILE.name}"
        )
    return way


def _is_pair(certificate: Path, key: Path | None) -> bool:
    try:
        # The password keeps OpenSSL from asking for one at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError):
        return False
    return True


def _delivery(reader: _Reader) -> DeliverySettings:
    return DeliverySettings(
        deadline_s=reader.value(table.DEADLINE_S),
        lease_s=reader.value(table.LEASE_S),
        reaper_s=reader.value(table.REAPER_S),
        worker_poll_s=reader.value(table.WORKER_POLL_S),
        give_up_s=reader.value(table.GIVE_UP_S),
        backoff=BackoffSettings(
            base_s=reader.value(table.BACKOFF_BASE_S),
            max_s=reader.value(table.BACKOFF_MAX_S),
        ),
        margin=MarginSettings(
            freeze_s=reader.value(table.FREEZE_S),
            provider_delay_s=reader.value(table.PROVIDER_DELAY_S),
            clock_skew_s=reader.value(table.CLOCK_SKEW_S),
        ),
        breaker=BreakerSettings(
            failures=reader.value(table.BREAKER_FAILURES),
            unknowns=reader.value(table.BREAKER_UNKNOWNS),
            pause_s=reader.value(table.BREAKER_PAUSE_S),
            pause_max_s=reader.value(table.BREAKER_PAUSE_MAX_S),
        ),
    )


def _reconciling(reader: _Reader) -> ReconcilingSettings:
    return ReconcilingSettings(
        open_s=reader.value(table.SETTLER_S),
        recent_s=reader.value(table.RECONCILE_RECENT_S),
        recent_days=reader.value(table.RECONCILE_RECENT_DAYS),
        furthest_s=reader.value(table.STATEMENT_WINDOW_S),
        precedes_s=reader.value(table.CREDIT_PRECEDES_S),
        max_rounds=reader.value(table.MAX_ROUNDS),
        max_rounds_s=reader.value(table.MAX_ROUNDS_S),
        statement_lines=reader.value(table.STATEMENT_LINES),
        statement_deadline_s=reader.value(table.STATEMENT_DEADLINE_S),
    )


def _telemetry(reader: _Reader) -> TelemetrySettings:
    return TelemetrySettings(
        metrics_host=reader.value(table.METRICS_HOST),
        metrics_port=reader.value(table.METRICS_PORT),
        metrics_disks=reader.value(table.METRICS_DISKS),
        log_format=reader.value(table.LOG_FORMAT),
        revision=reader.value(table.REVISION),
        otlp_endpoint=reader.value(table.OTLP_ENDPOINT) or None,
        otlp_headers=reader.value(table.OTLP_HEADERS),
        traces_ratio=reader.value(table.TRACES_RATIO),
    )


class _Reader:
    """Collects violations while values are taken, so that all of them can be told at once."""

    def __init__(self, environ: Mapping[str, str], needs: Collection[str]) -> None:
        self._environ = environ
        self._needs = needs
        self._wrong: set[str] = set()
        self.violations: list[str] = []

    def value(self, setting: table.Setting[T]) -> T:
        """Return the setting's value; a wrong or an absent one is noted and reads as blank."""
        text = self._environ.get(setting.name) or self._from_file(setting) or setting.default
        if text is None:
            if setting.name in self._needs and setting.name not in self._wrong:
                self._refuse(setting, f"is not set; expected {setting.kind.expected}")
            return setting.kind.blank
        parsed = setting.kind.parse(text)
        if parsed is None:
            came = "a value that is not shown" if setting.kind.secret else repr(_shown(text))
            self._refuse(setting, f"is {came}; expected {setting.kind.expected}")
            return setting.kind.blank
        return parsed

    def _from_file(self, setting: table.Setting[T]) -> str | None:
        """The text of the file that `<name>_FILE` names, for a secret; an empty one is none."""
        path = self._environ.get(file_name(setting)) if setting.kind.secret else None
        if not path:
            return None
        try:
            with Path(path).open(encoding="utf-8") as file:
                return file.read(_LONGEST_SECRET).rstrip("\r\n")
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "not a text"
            self._wrong.add(setting.name)
            self.violations.append(f"{file_name(setting)} is {path!r}, which cannot be read: {why}")
            return None

    def lacks(self, given: table.Setting[Any], other: table.Setting[Any]) -> None:
        """Note that one is of no use without the other, unless one of them is wrong by itself."""
        if not {given.name, other.name} & self._wrong:
            self.violations.append(f"{given.name} is given; expected {other.name} with it")

    def not_above(
        self,
        low: table.Setting[float] | table.Setting[int],
        high: table.Setting[float] | table.Setting[int],
        *,
        strictly: bool = False,
    ) -> None:
        """Check two settings against each other, unless one of them is wrong by itself."""
        if low.name in self._wrong or high.name in self._wrong:
            return
        smaller, larger = self.value(low), self.value(high)
        if smaller > larger or (strictly and smaller == larger):
            relation = "less than" if strictly else "at most"
            self.violations.append(
                f"{low.name} is {smaller:.10g}; "
                f"expected {relation} {high.name}, which is {larger:.10g}"
            )

    def _refuse(self, setting: table.Setting[T], why: str) -> None:
        self._wrong.add(setting.name)
        self.violations.append(f"{setting.name} {why}")


def _shown(text: str) -> str:
    """A wrong value as it is logged: of a URL neither user nor password, nor what follows a `?`."""
    scheme, mark, rest = text.partition("://")
    if not mark:
        scheme, rest = "", text
    before, question, _ = rest.rpartition("@")[2].partition("?")
    host, colon, port = before.partition(":")
    if mark and colon and not _PORT.match(port) and not host.startswith("["):
        before = f"{host}:…"  # a user without a host is read as a host
    hidden = "…@" if "@" in rest else ""
    return f"{scheme}{mark}{hidden}{before}{question and '?…'}"[:200]


def file_name(setting: table.Setting[T]) -> str:
    """The name under which a secret's file is given."""
    return f"{setting.name}_FILE"


def _unknown_names(environ: Mapping[str, str]) -> list[str]:
    names = [row.name for row in table.SETTINGS]
    names += [file_name(row) for row in table.SETTINGS if row.kind.secret]
    known = {name.removeprefix(_PREFIX): name for name in names}
    violations: list[str] = []
    for name in sorted(environ):
        if not name.startswith(_PREFIX) or name in known.values():
            continue
        near = difflib.get_close_matches(name.removeprefix(_PREFIX), known, n=1)
        hint = (
            f"did you mean {known[near[0]]}?" if near else "docs/settings.md lists the known ones"
        )
        violations.append(f"{name} is not a known setting; {hint}")
    return violations
