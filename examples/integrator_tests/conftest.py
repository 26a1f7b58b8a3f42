"""Brings `cashback` (a double; with `--cashback=gateway` a running gateway) and its like."""

pytest_plugins = ["cashback_kit.plugin"]
