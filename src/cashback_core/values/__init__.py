"""Values that everything is written in: money, documents, names, instants."""
