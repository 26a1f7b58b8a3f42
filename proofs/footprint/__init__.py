"""What the service takes before and while it serves: time to start, and memory."""
