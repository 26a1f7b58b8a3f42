"""The feed of changes: every move of a merchant's cashbacks, in an order that never skips one."""
