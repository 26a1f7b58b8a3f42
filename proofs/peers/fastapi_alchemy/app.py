"""`uvicorn peers.fastapi_alchemy.app:app`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from peers.fastapi_alchemy import flow, identity, provider
from peers.fastapi_alchemy.models import Cashback, Merchant, engine, sessions
from peers.fastapi_alchemy.shapes import CashbackOut, Credentials, SaleIn, Token
from peers.rules import LONGEST_KEY


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with provider.client() as client:
        app.state.provider = client
        yield
    await engine.dispose()


async def session() -> AsyncIterator[AsyncSession]:
    async with sessions() as opened:
        yield opened


async def provider_client(request: Request) -> httpx.AsyncClient:
    client: httpx.AsyncClient = request.app.state.provider
    return client


Session = Annotated[AsyncSession, Depends(session)]
app = FastAPI(lifespan=lifespan)


@app.post("/api/token")
async def log_in(sent: Credentials, session: Session) -> Token:
    known = await session.scalar(select(Merchant).where(Merchant.username == sent.username))
    if known is None or not identity.matches(sent.password, known.password):
        raise HTTPException(401)
    return Token(access=identity.token_for(known.id))


@app.post("/api/cashback", status_code=201)
async def submit(
    sale: SaleIn,
    response: Response,
    merchant_id: identity.MerchantId,
    session: Session,
    client: Annotated[httpx.AsyncClient, Depends(provider_client)],
    idempotency_key: Annotated[str | None, Header(max_length=LONGEST_KEY)] = None,
) -> CashbackOut:
    names = flow.names_of(sale, idempotency_key)
    try:
        recorded = await flow.record(session, merchant_id, sale, names)
    except flow.OtherNameError as error:
        raise HTTPException(422, "known by another name") from error
    except IntegrityError:
        await session.rollback()
        try:
            return told(await flow.replayed(session, merchant_id, names), response)
        except flow.TwoSalesError as error:
            raise HTTPException(409, "the names of two sales") from error
    cashback = recorded.cashback
    outcome = await provider.credit(
        client, document=sale.customer.document, cashback=written(cashback.cashback_centavos)
    )
    await flow.conclude(session, recorded, outcome)
    return told(cashback, response)


def told(cashback: Cashback, response: Response) -> CashbackOut:
    response.status_code = 201 if cashback.status == "applied" else 202
    return CashbackOut(
        id=cashback.sale_id,
        status=cashback.status,
        cashback=written(cashback.cashback_centavos),
        accepted_at=cashback.accepted_at,
    )


def written(centavos: int) -> str:
    return f"{centavos // 100}.{centavos % 100:02d}"
