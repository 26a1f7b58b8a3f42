"""Endpoints of webhooks, and what is to be sent to them."""
