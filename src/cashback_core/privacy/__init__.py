"""What the law gives a data subject, and what remains of one who was erased."""
