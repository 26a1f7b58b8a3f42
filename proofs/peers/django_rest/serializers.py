from django.utils import timezone
from rest_framework import serializers

from peers.rules import LONGEST_NAME, MOST_LINES, RATES, amount, is_cpf


class CustomerSerializer(serializers.Serializer):
    document = serializers.CharField()
    name = serializers.CharField(max_length=LONGEST_NAME)

    def validate_document(self, value):
        if not is_cpf(value):
            raise serializers.ValidationError("not a CPF")
        return value


class LineSerializer(serializers.Serializer):
    type = serializers.ChoiceField(list(RATES))
    value = serializers.DecimalField(max_digits=12, decimal_places=2, min_value=0)
    qty = serializers.DecimalField(max_digits=10, decimal_places=3, min_value=0)


class SaleSerializer(serializers.Serializer):
    sold_at = serializers.DateTimeField()
    customer = CustomerSerializer()
    total = serializers.DecimalField(max_digits=12, decimal_places=2, min_value=0)
    products = LineSerializer(many=True, allow_empty=False, max_length=MOST_LINES)

    def validate_sold_at(self, value):
        if value > timezone.now():
            raise serializers.ValidationError("in the future")
        return value

    def validate(self, attrs):
        for line in attrs["products"]:
            line["amount"] = amount(line["value"], line["qty"])
        if sum(line["amount"] for line in attrs["products"]) != attrs["total"]:
            raise serializers.ValidationError({"total": "not the sum of the products"})
        return attrs
