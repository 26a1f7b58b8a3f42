#!/bin/bash
# Starts PostgreSQL as the image does, with a place for its archive that it may write.
set -euo pipefail
install -d -o postgres -g postgres -m 0700 /backups/wal /backups/base
# Read while this is root: the file is its owner's alone.
if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
    POSTGRES_PASSWORD=$(<"$POSTGRES_PASSWORD_FILE")
    export POSTGRES_PASSWORD
    unset POSTGRES_PASSWORD_FILE
fi
exec docker-entrypoint.sh "$@"
