"""Stores of what is administered: each method one signed transaction."""
