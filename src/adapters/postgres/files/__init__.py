"""Files of ERPs and of the provider: their lines put aside until a file is whole."""
