"""Figures and balances, of kept summaries and of the open day."""
