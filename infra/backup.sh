#!/bin/bash
# Copies the database of the running stack into the volume `backups` and checks the copy.
# usage: infra/backup.sh [KEEP]     KEEP: how many copies stay (7)
#        COMPOSE: how Compose is called ("docker compose")
set -euo pipefail
cd "$(dirname "$0")/.."
read -ra compose <<<"${COMPOSE:-docker compose}"
"${compose[@]}" exec -T --user postgres database bash /opt/cashback/backup.sh "$@"
