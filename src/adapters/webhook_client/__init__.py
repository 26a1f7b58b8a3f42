"""Calling receivers of webhooks: signed, at addresses that were checked, bounded in all ways."""
