"""Paying a cashback through the provider: states, evidence, and who may send when."""
