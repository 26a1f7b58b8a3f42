"""Which version of the service this is: the library's own."""

from typing import Final

from cashback_core import __version__

VERSION: Final = __version__
