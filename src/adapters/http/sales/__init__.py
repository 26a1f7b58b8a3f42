"""Sales and their cashbacks over HTTP: submitted, read, operated; what customers may ask for."""
