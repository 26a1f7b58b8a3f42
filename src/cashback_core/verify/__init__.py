"""`python -m cashback_core.verify FILE...`: whether closes hold, with nothing but these files.

No network, no database, no package besides this one.
"""
