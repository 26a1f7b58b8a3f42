"""The settings of what is told of a process: metrics, log, traces."""

from __future__ import annotations

from pathlib import Path

from cashback_gateway.settings import kinds
from cashback_gateway.settings.declaration import concern, setting


@concern
class TelemetrySettings:
    """Telemetry: metrics, log, traces."""

    metrics_host: str = setting("CASHBACK_METRICS_HOST", kinds.HOST, default="127.0.0.1")
    """The address of the metrics; in a container, the one that Prometheus reaches."""
    metrics_port: int = setting("CASHBACK_METRICS_PORT", kinds.whole(0, 65_535), default=0)
    """The port of the metrics (`/metrics`), of API and worker each; 0: nothing is measured."""
    metrics_disks: tuple[Path, ...] = setting(
        "CASHBACK_METRICS_DISKS", kinds.FOLDERS, default=(Path("/"),)
    )
    """The file systems whose room is measured, each by a path in it."""
    log_format: kinds.LogFormat = setting(
        "CASHBACK_LOG_FORMAT", kinds.LOG_FORMAT, default=kinds.LogFormat.TEXT
    )
    """How a process writes its log to standard error: `json` is one object for each line, with
    the ids of request, merchant, cashback and trace.
    """
    revision: str = setting("CASHBACK_REVISION", kinds.REVISION, default="unknown")
    """What was built, such as a commit; told with the metrics and traces."""
    otlp_endpoint: str | None = setting("OTEL_EXPORTER_OTLP_ENDPOINT", kinds.OTLP_URL, default=None)
    """Where traces are sent to, by OTLP over HTTP (`/v1/traces` is added); absent: none are."""
    otlp_headers: tuple[tuple[str, str], ...] = setting(
        "OTEL_EXPORTER_OTLP_HEADERS", kinds.OTLP_HEADERS, default=()
    )
    """Headers sent with the traces, such as `authorization=Bearer%20…`; absent: none."""
    traces_ratio: float = setting("OTEL_TRACES_SAMPLER_ARG", kinds.RATIO, default=1.0)
    """The share of traces begun here that are sent; a caller's own say so themselves."""
