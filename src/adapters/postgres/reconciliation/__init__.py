"""What a statement proves, stored on PostgreSQL, and days of three sides."""
