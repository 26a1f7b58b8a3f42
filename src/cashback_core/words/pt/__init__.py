"""Portuguese."""

from typing import Final

NAME: Final = "Portuguese"
"""What the language is called in the documentation."""
