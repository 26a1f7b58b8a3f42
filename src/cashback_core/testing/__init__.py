"""For tests of whatever uses this library."""
