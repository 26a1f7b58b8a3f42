from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

HASHED: Final = """
import sys, threading
from adapters.credentials.password_hashes import hash_password
from cashback_gateway.processes.large_blocks import give_back_large_blocks

def resident_kib():
    return int(open("/proc/self/statm").read().split()[1]) * 4

if sys.argv[1] == "given back":
    assert give_back_large_blocks()
before = resident_kib()
for _ in range(3):
    threads = [threading.Thread(target=hash_password, args=("a password",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print(resident_kib() - before)
"""


def kept_kib(how: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", HASHED, how], capture_output=True, text=True, check=True, timeout=60
    )
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="another C library, another way")
def test_what_hashing_a_password_took_is_given_back() -> None:
    assert kept_kib("kept") > 15_000, "else nothing has to be given back"
    assert kept_kib("given back") < 5_000
