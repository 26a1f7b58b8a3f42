"""Cashbacks, stored: what is accepted and concluded at one moment is committed as one group."""
