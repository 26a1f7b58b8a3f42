"""The tables, and the engine whose sessions are handed out."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from sqlalchemy import BigInteger, DateTime, ForeignKey, Numeric, SmallInteger, String, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from peers.fastapi_alchemy import config

engine = create_async_engine(
    config.database_url(), pool_size=config.DATABASE_CONNECTIONS, max_overflow=0
)
sessions = async_sessionmaker(engine, expire_on_commit=False)

INSTANT = DateTime(timezone=True)
MONEY = Numeric(12, 2)


class Base(DeclarativeBase):
    type_annotation_map: ClassVar = {datetime: INSTANT, Decimal: MONEY}


class Merchant(Base):
    __tablename__ = "merchants"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    password: Mapped[str] = mapped_column(String(255))


class Customer(Base):
    __tablename__ = "customers"
    __table_args__ = (Unique("merchant_id", "document"),)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"))
    document: Mapped[str] = mapped_column(String(11))
    name: Mapped[str] = mapped_column(String(255))


class Sale(Base):
    __tablename__ = "sales"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"), index=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    sold_at: Mapped[datetime]
    total: Mapped[Decimal]
    accepted_at: Mapped[datetime]
    customer: Mapped[Customer] = relationship(lazy="raise")
    names: Mapped[list[SaleName]] = relationship(lazy="raise")
    lines: Mapped[list[SaleLine]] = relationship(lazy="raise")
    cashback: Mapped[Cashback] = relationship(lazy="raise")
    attempts: Mapped[list[Attempt]] = relationship(lazy="raise")
    events: Mapped[list[Event]] = relationship(lazy="raise")


class SaleName(Base):
    """What a sale is known by: the caller's key, and its own content."""

    __tablename__ = "sale_names"
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"), index=True)


class SaleLine(Base):
    __tablename__ = "sale_lines"
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    type: Mapped[str] = mapped_column(String(1))
    value: Mapped[Decimal]
    qty: Mapped[Decimal] = mapped_column(Numeric(10, 3))
    amount: Mapped[Decimal]
    cashback_exact: Mapped[Decimal] = mapped_column(Numeric(16, 4))


class Cashback(Base):
    __tablename__ = "cashbacks"
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"), primary_key=True)
    status: Mapped[str] = mapped_column(String(16))
    cashback_centavos: Mapped[int] = mapped_column(BigInteger)
    accepted_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]


class Attempt(Base):
    __tablename__ = "attempts"
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    result: Mapped[str | None] = mapped_column(String(16))
    status_code: Mapped[int | None] = mapped_column(SmallInteger)
    body: Mapped[str | None] = mapped_column(Text)


class Event(Base):
    __tablename__ = "events"
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    at: Mapped[datetime]
    from_status: Mapped[str | None] = mapped_column(String(16))
    to_status: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(255))
