#!/bin/bash
# Puts the database of the stack back to an instant, and starts everything again with the sender
# paused; returns when APIs and worker are healthy. What was there is kept beside it in the volume.
# usage: infra/restore.sh [INSTANT]   e.g. '2026-11-24 12:00:00.25+00'; without one: all that was logged
#        COMPOSE: how Compose is called ("docker compose")
#        UP_WITHIN_S: how long a service may take until it is healthy (300)
set -euo pipefail
cd "$(dirname "$0")/.."
read -ra compose <<<"${COMPOSE:-docker compose}"
. infra/waiting.sh

ask=(exec -T --user postgres database psql --username=cashback_owner --dbname=cashback -qAt -c)
put_back() {
    "${compose[@]}" run --rm --no-deps -T --user postgres --entrypoint /bin/bash "$@"
}
# Refused while everything runs, or not at all.
put_back --env RESTORE_LOOKS_ONLY=1 database /opt/cashback/restore.sh "$@"
# The log is replayed up to the first commit after the instant: let there be one.
"${compose[@]}" "${ask[@]}" 'select pg_current_xact_id()' >/dev/null ||
    echo "restore: the database does not answer; going on with what it has logged" >&2

"${compose[@]}" stop api1 api2 worker database
put_back database /opt/cashback/restore.sh "$@"
"${compose[@]}" up -d --no-deps database

echo "restore: replaying the log"
# However long that takes, as long as the server has not ended: it would be started again, for ever.
state() { docker inspect --format '{{.State.Status}} {{.RestartCount}}' "$(container_of database)"; }
first=$(state)
until [ "$("${compose[@]}" "${ask[@]}" 'select pg_is_in_recovery()' 2>/dev/null)" = f ]; do
    if [ "${first%% *}" != running ] || [ "$(state)" != "$first" ]; then
        "${compose[@]}" logs --tail 20 database >&2
        echo "restore: the database ended; its last words are above" >&2
        exit 1
    fi
    sleep 1
done
# API and worker find another timeline than they knew, and pause the sender before they send anything.
"${compose[@]}" up -d --no-deps api1 api2 worker
for service in api1 api2 worker; do
    wait_healthy "$service" || {
        echo "restore: the database is back; $service is not healthy, its last words are above" >&2
        exit 1
    }
done
echo "restore: done; the sender is paused until it is released (docs/operations.md)"
