"""What operators may do to a cashback."""
