"""The fixtures of the kit, as integrators have them."""

from cashback_kit.plugin import cashback_double, cashback_settings

__all__ = ["cashback_double", "cashback_settings"]
