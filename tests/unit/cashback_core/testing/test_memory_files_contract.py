"""The fake keeps what PostgreSQL keeps."""

from __future__ import annotations

import pytest

from cashback_core.testing.memory_files import MemoryFiles
from contract.keeping_files import SKEW, FileStoreContract


class TestMemoryFiles(FileStoreContract):
    @pytest.fixture
    def files(self) -> MemoryFiles:
        return MemoryFiles(skew=SKEW)
