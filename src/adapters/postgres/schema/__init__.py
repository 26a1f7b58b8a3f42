"""The schema: migrations by topic, what they make of an empty database, and who applies them."""
