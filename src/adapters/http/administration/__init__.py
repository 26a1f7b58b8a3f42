"""Merchants, their people, their API clients and the audit trail over HTTP."""
