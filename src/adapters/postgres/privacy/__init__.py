"""Reports, erasure, retention."""
