"""Keeps one postmaster alive no longer than the process that wanted it.

Run as a script, with the standard library alone. Its standard input is a pipe whose end of file
means that the other side is gone, however it went, and the postmaster is then shut down: at once
if a word came before the end, else after a while in which whoever still writes may finish. If this
process is killed itself the postmaster goes on, and the next keeper adopts it by its process id. It
sits in a session of its own, so that Ctrl-C in a terminal cannot stop the database before those who
still write to it.
"""

from __future__ import annotations

import argparse
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
import time

# Fast shutdown, immediate shutdown (recovered at the next start), and the last resort.
_STOPS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
# Smart shutdown: sessions end by themselves. Longer than the usual deadline of a delivery.
_PATIENT_STOPS = ((signal.SIGTERM, 20.0), *_STOPS)
_POLL_S = 0.05


def main() -> int:
    """Start or adopt, tell the process id on standard output, wait for either side's end."""
    options = _options()
    stop = threading.Event()

    def on_signal(number: int, _: object) -> None:
        if number == signal.SIGTERM:
            stop.set()

    # A handler that does nothing, not SIG_IGN: the postmaster must not inherit a deaf ear.
    for ignored in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, on_signal)
    child: subprocess.Popen[bytes] | None = None
    if options.adopt:
        pid = int(options.adopt)
    else:
        child = _spawn(options)
        pid = child.pid
    sys.stdout.write(f"{pid}\n")
    sys.stdout.close()
    ended = threading.Event()
    orphaned = threading.Event()
    threading.Thread(target=_read_to_the_end, args=(stop, orphaned), daemon=True).start()
    stopping = (stop, orphaned, ended)
    threading.Thread(target=_shut_down_when_told, args=(pid, *stopping), daemon=True).start()
    if child is None:
        _wait_for_another_process(pid)
        code = 0
    else:
        code = child.wait()
    ended.set()
    # After a crash the folders stay: the server is about to be started on them again.
    for folder in options.remove if stop.is_set() else ():
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if code == 0 else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--adopt")
    parser.add_argument("--log", required=True)
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("--remove", action="append", default=[])
    parser.add_argument("command", nargs="*")
    return parser.parse_args()


def _spawn(options: argparse.Namespace) -> subprocess.Popen[bytes]:
    # For its owner's eyes alone: errors quote what they stumbled over.
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    with os.fdopen(os.open(options.log, flags, 0o600), "ab") as log:
        return subprocess.Popen(  # noqa: S603 - the command line comes from launch.py
            options.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            user=options.uid,
            group=options.gid,
            extra_groups=None if options.uid is None else [],
            start_new_session=True,
        )


def _read_to_the_end(stop: threading.Event, orphaned: threading.Event) -> None:
    asked = False
    while os.read(0, 1024):
        asked = True
    if not asked:
        orphaned.set()
    stop.set()


def _shut_down_when_told(
    pid: int, stop: threading.Event, orphaned: threading.Event, ended: threading.Event
) -> None:
    stop.wait()
    for number, patience_s in _PATIENT_STOPS if orphaned.is_set() else _STOPS:
        if ended.is_set():
            return
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if ended.wait(patience_s):
            return


def _wait_for_another_process(pid: int) -> None:
    """Wait for the end of a process that is not our child."""
    if hasattr(os, "pidfd_open"):
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        except OSError:
            pass  # an older kernel, or a sandbox: ask again and again
        else:
            select.select([descriptor], [], [])
            return
    while True:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(_POLL_S)


if __name__ == "__main__":
    sys.exit(main())
