"""`make capacity`: the compose stack at rising load; docs/sizing.md and its plots come of it."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.machine import machine
from capacity.driving import UNLIMITED, Drive, growth, paid_once, size
from capacity.measured import Measured, Profile, keep, load
from capacity.page import page
from capacity.plots import plot
from cashback_gateway.local.ports import free_port
from deploy.stack import ROOT, Stack

DOCS = ROOT / "docs"
PROFILES = "0.25/256,0.5/128,0.5/256,1/256"
CONNECTIONS = "4,8,16,32,64,128"


def main() -> int:
    """Return 0 when every measured sale was paid once."""
    options = _options()
    # As Ctrl-C: the stack is taken down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if options.from_:
        measured = load(options.from_)
    else:
        began_at = time.monotonic()
        measured = _measure(options)
        print(f"took {time.monotonic() - began_at:.0f} s", flush=True)
    folder: Path = options.to
    (folder / "sizing").mkdir(parents=True, exist_ok=True)
    keep(measured, folder / "sizing" / "measured.json")
    plot(measured, folder / "sizing")
    (folder / "sizing.md").write_text(page(measured), encoding="utf-8")
    print(f"written: {folder / 'sizing.md'}")
    return 0


def _measure(options: argparse.Namespace) -> Measured:
    port = free_port("127.0.0.1")
    revision = _revision()
    stack = Stack(
        project=f"cashback-capacity-{os.getpid()}",
        port=port,
        environ={
            **UNLIMITED,
            "CASHBACK_LISTEN": f"127.0.0.1:{port}",
            "CASHBACK_IMAGE": "cashback-gateway:capacity",
            "CASHBACK_REVISION": revision,
        },
    )
    try:
        stack.up("--build")
        drive, before = Drive(stack=stack, seconds=options.seconds), size(stack)
        profiles: list[Profile] = []
        for cpus, memory_mib in options.profiles:
            profile = drive.profile(cpus, memory_mib, options.connections)
            profiles.append(profile)
            for step in profile.steps:
                print(
                    f"{profile.name:>20}  {step.connections:>4} connections  {step.rate:>7.0f}"
                    f" sales/s  p99 {step.p99_ms:>6.0f} ms  host {step.host_busy:4.0%} busy"
                    f"  {step.not_applied} not applied",
                    flush=True,
                )
            print(f"{profile.name:>20}  knee: {profile.knee.connections}", flush=True)
        paid = paid_once(stack)
        return Measured(
            at=datetime.now(UTC).isoformat(timespec="minutes"),
            revision=revision,
            machine=[*_conditions(stack), *options.conditions],
            seconds_a_step=options.seconds,
            profiles=profiles,
            growth=growth(before, size(stack)),
            connections=drive.connections(),
            paid_once=paid,
        )
    finally:
        stack.compose("down", "--volumes", "--timeout", "5")


def _conditions(stack: Stack) -> list[str]:
    engine = subprocess.run(
        ["docker", "version", "--format", "{{.Server.Version}}"], capture_output=True, check=True
    )
    [[server]] = stack.query("show server_version")
    return [
        f"{machine()}, shared by load generator, Nginx, APIs, PostgreSQL, worker and sandbox",
        f"Docker {engine.stdout.decode().strip()}, PostgreSQL {server}",
        "the compose file's settings, but no limit on what one caller may send",
    ]


def _revision() -> str:
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, check=True
    )
    return told.stdout.decode().strip()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m capacity", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5, help="length of a step")
    parser.add_argument("--profiles", type=_profiles, default=PROFILES, metavar="CPUS/MIB,...")
    parser.add_argument("--connections", type=_counts, default=CONNECTIONS, metavar="N,N...")
    parser.add_argument("--to", type=Path, default=DOCS, help="folder of sizing.md")
    parser.add_argument(
        "--conditions", action="append", default=[], help="what else readers must know"
    )
    parser.add_argument("--from", dest="from_", type=Path, help="make the page of a kept run again")
    return parser.parse_args()


def _profiles(text: str) -> list[tuple[float, int]]:
    pairs = [pair.split("/") for pair in text.split(",")]
    return [(float(cpus), int(memory)) for cpus, memory in pairs]


def _counts(text: str) -> list[int]:
    return sorted(int(count) for count in text.split(","))


if __name__ == "__main__":
    sys.exit(main())
