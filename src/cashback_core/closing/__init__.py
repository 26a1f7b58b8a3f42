"""Days, closed: what a merchant owes, a signed chain, and how anybody verifies it."""
