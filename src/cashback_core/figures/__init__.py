"""Figures of a merchant: what is asked, what is answered, balances as of an instant."""
