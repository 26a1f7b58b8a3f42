"""The tables; an index of a foreign key is left out where another index begins with it."""

from django.conf import settings
from django.db import models


class Customer(models.Model):
    merchant = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, db_index=False)
    document = models.CharField(max_length=11)
    name = models.CharField(max_length=255)

    class Meta:
        db_table = "customers"
        constraints = [
            models.UniqueConstraint(fields=["merchant", "document"], name="one_customer_a_document")
        ]


class Sale(models.Model):
    merchant = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT)
    sold_at = models.DateTimeField()
    total = models.DecimalField(max_digits=12, decimal_places=2)
    accepted_at = models.DateTimeField()

    class Meta:
        db_table = "sales"


class SaleName(models.Model):
    """What a sale is known by: the caller's key, and its own content."""

    merchant = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, db_index=False)
    kind = models.CharField(max_length=16)
    name = models.CharField(max_length=255)
    sale = models.ForeignKey(Sale, models.PROTECT)

    class Meta:
        db_table = "sale_names"
        constraints = [
            models.UniqueConstraint(fields=["merchant", "kind", "name"], name="one_sale_a_name")
        ]


class SaleLine(models.Model):
    sale = models.ForeignKey(Sale, models.PROTECT, db_index=False)
    position = models.SmallIntegerField()
    type = models.CharField(max_length=1)
    value = models.DecimalField(max_digits=12, decimal_places=2)
    qty = models.DecimalField(max_digits=10, decimal_places=3)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    cashback_exact = models.DecimalField(max_digits=16, decimal_places=4)

    class Meta:
        db_table = "sale_lines"
        constraints = [
            models.UniqueConstraint(fields=["sale", "position"], name="one_line_a_position")
        ]


class Cashback(models.Model):
    sale = models.OneToOneField(Sale, models.PROTECT, primary_key=True)
    status = models.CharField(max_length=16)
    cashback_centavos = models.BigIntegerField()
    accepted_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cashbacks"


class Attempt(models.Model):
    sale = models.ForeignKey(Sale, models.PROTECT, db_index=False)
    number = models.SmallIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=16, null=True)
    status_code = models.SmallIntegerField(null=True)
    body = models.TextField(null=True)

    class Meta:
        db_table = "attempts"
        constraints = [
            models.UniqueConstraint(fields=["sale", "number"], name="one_attempt_a_number")
        ]


class Event(models.Model):
    sale = models.ForeignKey(Sale, models.PROTECT, db_index=False)
    sequence = models.SmallIntegerField()
    at = models.DateTimeField()
    from_status = models.CharField(max_length=16, null=True)
    to_status = models.CharField(max_length=16)
    reason = models.CharField(max_length=255)

    class Meta:
        db_table = "events"
        constraints = [
            models.UniqueConstraint(fields=["sale", "sequence"], name="one_event_a_sequence")
        ]
