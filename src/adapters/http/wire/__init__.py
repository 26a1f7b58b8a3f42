"""Bytes in and bytes out: what every route reads and answers with, whatever it is about."""
