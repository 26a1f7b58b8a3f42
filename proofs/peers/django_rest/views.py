from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from peers.django_rest import provider
from peers.django_rest.models import Attempt, Cashback, Customer, Event, Sale, SaleLine, SaleName
from peers.django_rest.serializers import SaleSerializer
from peers.rules import LONGEST_KEY, RATES, centavos, content_name


class CashbackView(APIView):
    def post(self, request):
        key = request.headers.get("Idempotency-Key", "")
        if len(key) > LONGEST_KEY:
            raise ValidationError({"Idempotency-Key": "too long"})
        serializer = SaleSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = serializer.validated_data
        names = {"content": content(data)}
        if key:
            names["idempotency_key"] = key
        try:
            cashback, attempt = record(request.user.id, data, names)
        except IntegrityError:
            return replayed(request.user.id, names)
        cents = f"{cashback.cashback_centavos // 100}.{cashback.cashback_centavos % 100:02d}"
        outcome = provider.credit(document=data["customer"]["document"], cashback=cents)
        conclude(cashback, attempt, outcome)
        return answer(cashback)


def content(data):
    lines = (f"{line['type']} {line['value']} {line['qty']}" for line in data["products"])
    return content_name(
        data["customer"]["document"], data["sold_at"].isoformat(), data["total"], lines
    )


@transaction.atomic
def record(merchant_id, data, names):
    """Commit the sale and its first attempt before anything is sent."""
    now = timezone.now()
    customer, _ = Customer.objects.get_or_create(
        merchant_id=merchant_id,
        document=data["customer"]["document"],
        defaults={"name": data["customer"]["name"]},
    )
    if customer.name != data["customer"]["name"]:
        raise ValidationError({"customer": "known by another name"})
    sale = Sale.objects.create(
        merchant_id=merchant_id,
        customer=customer,
        sold_at=data["sold_at"],
        total=data["total"],
        accepted_at=now,
    )
    SaleName.objects.bulk_create(
        SaleName(merchant_id=merchant_id, kind=kind, name=name, sale=sale)
        for kind, name in names.items()
    )
    lines = [
        SaleLine(
            sale=sale,
            position=position,
            cashback_exact=line["amount"] * RATES[line["type"]],
            **line,
        )
        for position, line in enumerate(data["products"])
    ]
    SaleLine.objects.bulk_create(lines)
    cashback = Cashback.objects.create(
        sale=sale,
        status="sending",
        cashback_centavos=centavos(sum(line.cashback_exact for line in lines)),
        accepted_at=now,
    )
    attempt = Attempt.objects.create(sale=sale, number=1, started_at=now)
    Event.objects.bulk_create(
        [
            Event(sale=sale, sequence=1, at=now, to_status="pending", reason="accepted"),
            Event(
                sale=sale,
                sequence=2,
                at=now,
                from_status="pending",
                to_status="sending",
                reason="first attempt",
            ),
        ]
    )
    return cashback, attempt


@transaction.atomic
def conclude(cashback, attempt, outcome):
    """Commit what became of the attempt before the caller is answered."""
    now = timezone.now()
    attempt.result, attempt.status_code, attempt.body = outcome
    attempt.ended_at = now
    attempt.save(update_fields=["result", "status_code", "body", "ended_at"])
    cashback.status = attempt.result
    cashback.applied_at = now if attempt.result == "applied" else None
    cashback.save(update_fields=["status", "applied_at"])
    Event.objects.create(
        sale_id=cashback.sale_id,
        sequence=3,
        at=now,
        from_status="sending",
        to_status=attempt.result,
        reason=f"status {attempt.status_code}",
    )


def replayed(merchant_id, names):
    """Answer with the sale that has these names, 409 where they are not one sale's."""
    known = [
        SaleName.objects.filter(merchant_id=merchant_id, kind=kind, name=name).first()
        for kind, name in names.items()
    ]
    if len({name and name.sale_id for name in known}) != 1:
        return Response({"detail": "the names of two sales"}, status.HTTP_409_CONFLICT)
    return answer(Cashback.objects.get(sale_id=known[0].sale_id))


def answer(cashback):
    cents = cashback.cashback_centavos
    body = {
        "id": cashback.sale_id,
        "status": cashback.status,
        "cashback": f"{cents // 100}.{cents % 100:02d}",
        "accepted_at": cashback.accepted_at,
    }
    applied = cashback.status == "applied"
    return Response(body, status.HTTP_201_CREATED if applied else status.HTTP_202_ACCEPTED)
