"""The one door to PostgreSQL: sessions, roles, deadlines."""
