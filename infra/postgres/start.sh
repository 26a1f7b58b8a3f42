#!/bin/bash
# Starts PostgreSQL as the image does, with a place for its archive that it may write.
set -euo pipefail
install -d -o postgres -g postgres -m 0700 /backups/wal /backups/base
exec docker-entrypoint.sh "$@"
