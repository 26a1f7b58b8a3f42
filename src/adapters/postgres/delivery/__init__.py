"""Deliveries: leases, conclusions, pauses."""
