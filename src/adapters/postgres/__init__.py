"""PostgreSQL: raw SQL through psycopg, migrations, and a server of our own for local use."""
