"""Resources that people administer."""
