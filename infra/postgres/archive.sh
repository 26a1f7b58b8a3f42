#!/bin/bash
# archive_command: keep the log segment $1 under the name $2. PostgreSQL calls it again until it
# succeeds, and after a crash once more for a segment that is kept already.
set -euo pipefail
kept=/backups/wal/$2.gz
if [ -e "$kept" ]; then
    gzip -dc "$kept" | cmp -s - "$1" && exit 0
    echo "archive: another $2 is kept already; does another cluster archive here?" >&2
    exit 1
fi
gzip -1 <"$1" >"$kept.new"
sync "$kept.new"
mv "$kept.new" "$kept"
sync /backups/wal
