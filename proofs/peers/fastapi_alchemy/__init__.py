"""FastAPI and pydantic, SQLAlchemy's asyncio sessions on asyncpg, one httpx client."""
