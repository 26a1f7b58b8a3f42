"""Webhooks: telling merchants' own systems of every change, signed, at least once."""
