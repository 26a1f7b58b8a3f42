"""What is measured of a process and told to Prometheus, and its traces to an OTLP collector."""
