"""Taking a sale in: submitted, quoted, recorded under its names."""
