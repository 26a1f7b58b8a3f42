"""What every administered resource has in common: versions, patches, lists, bodies."""
