"""Closing days: what a day held, its signed chain, and when a day may be closed."""
