"""For tests of whatever calls the gateway: a running one, and a quick double of it.

`pytest_plugins = ["cashback_kit.plugin"]` in a conftest.py brings both as fixtures; docs/testing.md
shows them.
"""
