#!/bin/bash
# Runs in the database's container as postgres: a whole copy of the cluster, checked against its
# manifest before it counts. With the archive it can be restored to any instant after its end.
# usage: backup.sh [KEEP]     KEEP: how many copies stay (default 7); older log goes with them
set -euo pipefail
keep=${1:-7}
at=$(date -u +%Y%m%dT%H%M%S.%3NZ)
new=/backups/base/$at.new
trap 'rm -rf "$new"' EXIT
pg_basebackup -U "$POSTGRES_USER" -D "$new" --checkpoint=fast -X stream --no-password
# It restores to any instant after this one. Its files' own times do not survive every way of copying.
ended_at=$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)
pg_verifybackup --quiet "$new"
echo "$ended_at" >"$new/ended_at"
sync -f "$new"
mv "$new" "/backups/base/$at"
sync -f /backups/base
mapfile -t copies < <(ls -d /backups/base/*Z | LC_ALL=C sort)
while [ "${#copies[@]}" -gt "$keep" ]; do
    rm -rf "${copies[0]}"
    copies=("${copies[@]:1}")
done
# The log before the oldest copy leads nowhere.
label=${copies[0]}/backup_label
first=$(sed -n 's/^START WAL LOCATION: .* (file \([0-9A-F]*\))$/\1/p' "$label")
pg_archivecleanup -x .gz /backups/wal "$first"
echo "$at"
