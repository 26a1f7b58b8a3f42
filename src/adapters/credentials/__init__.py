"""Password hashes, signing keys and tokens: what a person or a client shows, wherever."""
