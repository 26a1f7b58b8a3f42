"""`python -m peers.fastapi_alchemy.prepare`: the tables, and a merchant who may log in."""

from __future__ import annotations

import asyncio
import os

from peers.fastapi_alchemy.identity import hashed
from peers.fastapi_alchemy.models import Base, Merchant, engine, sessions


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with sessions() as session:
        password = hashed(os.environ["PEER_PASSWORD"])
        session.add(Merchant(username=os.environ["PEER_USER"], password=password))
        await session.commit()
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
