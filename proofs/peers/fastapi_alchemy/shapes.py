"""What is sent and what is answered."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, model_validator

from peers.rules import LONGEST_NAME, MOST_LINES, RATES, amount, is_cpf

Money = Annotated[Decimal, Field(max_digits=12, decimal_places=2, ge=0)]


def _cpf(text: str) -> str:
    if not is_cpf(text):
        raise ValueError("not a CPF")
    return text


def _past(instant: datetime) -> datetime:
    if instant > datetime.now(UTC):
        raise ValueError("in the future")
    return instant


class CustomerIn(BaseModel):
    document: Annotated[str, AfterValidator(_cpf)]
    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


class LineIn(BaseModel):
    type: Literal["A", "B", "C", "D"]
    value: Money
    qty: Annotated[Decimal, Field(max_digits=10, decimal_places=3, ge=0)]

    @property
    def amount(self) -> Decimal:
        return amount(self.value, self.qty)

    @property
    def cashback_exact(self) -> Decimal:
        return self.amount * RATES[self.type]


class SaleIn(BaseModel):
    sold_at: Annotated[AwareDatetime, AfterValidator(_past)]
    customer: CustomerIn
    total: Money
    products: Annotated[list[LineIn], Field(min_length=1, max_length=MOST_LINES)]

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if sum(line.amount for line in self.products) != self.total:
            raise ValueError("the total is not the sum of the products")
        return self


class CashbackOut(BaseModel):
    id: int
    status: str
    cashback: str
    accepted_at: datetime


class Credentials(BaseModel):
    username: str
    password: str


class Token(BaseModel):
    access: str
