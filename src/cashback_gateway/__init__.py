"""The service: composition root, processes and command line."""
