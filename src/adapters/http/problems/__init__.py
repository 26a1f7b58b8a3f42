"""What is told when something is wrong (RFC 9457), in every language."""
