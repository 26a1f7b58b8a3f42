"""The production decision code in a simulated world: seeded, in virtual time, full of faults."""
