"""Calling receivers of webhooks: signed, to addresses that were checked, and bounded in all ways."""
