#!/bin/bash
# Replaces the running version by another, one container after the other, while sales go on. Going
# back is the same with the earlier image: migrations only add (docs/operations.md).
# usage: infra/upgrade.sh IMAGE
#        COMPOSE: how Compose is called ("docker compose")
#        SKIP_MIGRATE=1: for going back to a version that knows less than the schema
#        WATCH_S: how long old and new run side by side after each step (5)
#        UP_WITHIN_S: how long a service may take until it is healthy (300)
set -euo pipefail
cd "$(dirname "$0")/.."
read -ra compose <<<"${COMPOSE:-docker compose}"
export CASHBACK_IMAGE=${1:?usage: infra/upgrade.sh IMAGE}
. infra/waiting.sh

[ -n "${SKIP_MIGRATE:-}" ] || "${compose[@]}" run --rm --no-deps -T migrate
for service in api1 api2 worker; do
    "${compose[@]}" up -d --no-deps "$service"
    wait_healthy "$service" || {
        echo "upgrade: $service is not healthy; the others still run the old version" >&2
        exit 1
    }
    echo "upgrade: $service runs $CASHBACK_IMAGE"
    sleep "${WATCH_S:-5}"
done
echo "upgrade: done; put CASHBACK_IMAGE=$CASHBACK_IMAGE into .env"
