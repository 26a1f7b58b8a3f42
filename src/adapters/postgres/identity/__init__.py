"""What a log-in asks before any merchant is known: accounts, sessions, throttles."""
