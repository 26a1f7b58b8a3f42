"""The server around the application: connections, limits, origins, the access log."""
