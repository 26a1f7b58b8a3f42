#!/bin/bash
# Runs in a container of its own as postgres, while the database is stopped: puts a copy of the
# cluster in the place of the present one, which is kept aside, so that the next start replays the
# log up to an instant (or all of it).
# usage: restore.sh [INSTANT]     e.g. '2026-11-24 12:00:00+00'; without one: to the end of the log
#        RESTORE_LOOKS_ONLY=1: say what would be taken, and change nothing
set -euo pipefail
instant=${1:-}
if [ -n "$instant" ]; then
    wanted=$(date -u -d "$instant" +%s) || exit 1
    if [ "$wanted" -gt "$(date +%s)" ]; then
        echo "restore: $instant is still to come" >&2
        exit 1
    fi
fi
home=/var/lib/postgresql/data
new=$home/restored.new
before=$home/before-restore-$(date -u +%Y%m%dT%H%M%SZ)

# A copy from after the instant cannot be rolled back: the newest that ended before it is taken.
chosen=
for copy in $(ls -d /backups/base/*Z 2>/dev/null | sort); do
    ended=$(date -u -r "$copy/backup_manifest" +%s)
    if [ -z "$instant" ] || [ "$ended" -lt "$wanted" ]; then chosen=$copy; fi
done
if [ -z "$chosen" ]; then
    echo "restore: no backup ended before ${instant:-now}; there are:" >&2
    ls /backups/base >&2
    exit 1
fi
echo "restore: from $(basename "$chosen") to ${instant:-the end of the log}"
[ -z "${RESTORE_LOOKS_ONLY:-}" ] || exit 0

rm -rf "$new"
cp -a "$chosen" "$new"
pg_verifybackup --quiet "$new"
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
