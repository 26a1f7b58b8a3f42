#!/bin/bash
# Runs in a container of its own as postgres, while the database is stopped: puts a copy of the
# cluster in the place of the present one, which is kept aside, so that the next start replays the
# log up to an instant (or all of it).
# usage: restore.sh [INSTANT]     e.g. '2026-11-24 12:00:00+00'; without one: to the end of the log
#        RESTORE_LOOKS_ONLY=1: say what would be taken, and change nothing
#        BACKUPS: where archive and copies are (/backups)
set -euo pipefail
backups=${BACKUPS:-/backups}
now=$(date -u +%s%N)
instant=
if [ -n "${1:-}" ]; then
    # As nanoseconds, since a backup may end in the very second of the instant; and in the one spelling
    # that both `date` and PostgreSQL read alike.
    wanted=$(date -u -d "$1" +%s%N) || exit 1
    instant=$(date -u -d "$1" '+%Y-%m-%d %H:%M:%S.%6N+00')
    if [ "$wanted" -gt "$now" ]; then
        echo "restore: $instant is still to come" >&2
        exit 1
    fi
fi
home=/var/lib/postgresql/data
new=$home/restored.new
before=$home/before-restore-$(date -u +%Y%m%dT%H%M%S.%NZ)

# When a copy was whole, in nanoseconds: backup.sh wrote it down, or the manifest came last.
ended() {
    if [ -s "$1/ended_at" ]; then
        date -u -d "$(cat "$1/ended_at")" +%s%N
    else
        date -u -r "$1/backup_manifest" +%s%N
    fi
}
# A copy from after the instant cannot be rolled back: the newest that ended before it is taken.
chosen=
newest=0
for copy in "$backups"/base/*Z; do
    [ -e "$copy" ] || continue
    at=$(ended "$copy")
    if [ "$at" -gt "$newest" ] && { [ -z "$instant" ] || [ "$at" -lt "$wanted" ]; }; then
        chosen=$copy newest=$at
    fi
done
if [ -z "$chosen" ]; then
    echo "restore: no backup ended before ${instant:-now}; there are:" >&2
    ls "$backups/base" >&2
    exit 1
fi
echo "restore: from $(basename "$chosen") to ${instant:-the end of the log}"
[ -z "${RESTORE_LOOKS_ONLY:-}" ] || exit 0

rm -rf "$new"
cp -a "$chosen" "$new"
pg_verifybackup --quiet --ignore=ended_at "$new"
rm -f "$new/ended_at"
chmod 0700 "$new"
{
    echo "restore_command = 'bash /opt/cashback/fetch.sh %f %p'"
    echo "recovery_target_action = 'promote'"
    echo "recovery_target_timeline = '${RESTORE_TIMELINE:-latest}'"
    echo "recovery_target_time = '$instant'"
} >>"$new/postgresql.auto.conf"
touch "$new/recovery.signal"
sync -f "$new"
if [ -d "$PGDATA" ]; then
    mv "$PGDATA" "$before"
    echo "restore: what was there is in $before"
fi
mv "$new" "$PGDATA"
sync -f "$home"
