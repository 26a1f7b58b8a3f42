"""Who asks and what they may: log-in, tokens, sessions, the table of access, rates."""
