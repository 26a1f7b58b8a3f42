"""English."""

from typing import Final

NAME: Final = "English"
"""What the language is called in the documentation."""
