"""The OpenAPI document: what each operation takes and answers, and the page that shows it."""
