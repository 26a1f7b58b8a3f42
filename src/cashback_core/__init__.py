"""Cashback of a sale, exact to the centavo: validation, calculation, delivery."""
