"""A run that nobody measured, for tests of what is made of one."""

from __future__ import annotations

from capacity.measured import Connections, Growth, Measured, Profile, Step

MIB = 2**20


def step(connections: int, rate: float, *, host_busy: float = 0.5, api_cores: float = 0.2) -> Step:
    """Ten seconds; both APIs use as much processor."""
    return Step(
        connections=connections,
        sales=int(rate * 10),
        not_applied=0,
        seconds=10.0,
        p50_ms=10.0,
        p99_ms=20.0,
        cores={"api1": api_cores, "api2": api_cores, "database": 0.3, "nginx": 0.1},
        load_cores=0.1,
        memory_bytes={"api1": 90 * MIB, "api2": 100 * MIB, "database": 200 * MIB},
        held_back=0.0,
        host_busy=host_busy,
        sessions=20,
        group_size=4.0,
    )


def profile(cpus: float, *steps: Step, ended_for_memory: int = 0) -> Profile:
    """Two APIs with these limits."""
    return Profile(
        cpus=cpus, memory_mib=256, apis=2, steps=list(steps), ended_for_memory=ended_for_memory
    )


def measured(*profiles: Profile) -> Measured:
    """The whole run."""
    return Measured(
        at="2026-11-27T19:00+00:00",
        revision="abc1234",
        machine=["a machine of nobody's"],
        seconds_a_step=10.0,
        profiles=list(profiles),
        growth=Growth(
            sales=1000, database_bytes=3_000_000, tables={"sales": 2_000_000}, wal_bytes=5_000_000
        ),
        connections=Connections(
            database_sessions=12,
            database_sessions_max=100,
            by_service={"api1": 5, "api2": 5, "worker": 2},
        ),
        paid_once=1000,
    )
