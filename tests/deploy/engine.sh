#!/bin/bash
# Gets a container engine, Compose, the images and a browser for tests/deploy, and prints the exports
# that use them. What is there is taken. On a Debian machine where this runs as root the rest is
# installed; where no registry can be reached, the official images have stand-ins made from Debian's
# packages by the scripts in $OFFLINE_DOCKER. What cannot be had is an error, never a skipped test.
# usage: exports=$(tests/deploy/engine.sh) && eval "$exports"     and later: tests/deploy/engine.sh stop
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
offline=${OFFLINE_DOCKER:-$root/../shared/offline-docker}
export OFFLINE_DOCKER_DIR=${OFFLINE_DOCKER_DIR:-${TMPDIR:-/tmp}/offline-docker}
images='python:3.11-slim-bookworm postgres:15-bookworm nginx:1.28 prom/prometheus:v2.53.0'

say() { echo "engine: $*" >&2; }
fail() { say "$*"; exit 1; }

install() {
    [ "$(id -u)" = 0 ] || fail "$* must be installed, and this is not root"
    say "installing $*"
    local apt=(apt-get -qq -o DPkg::Lock::Timeout=600)
    { "${apt[@]}" update && DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y \
        --no-install-recommends "$@"; } >/dev/null || fail "apt-get could not install $*"
}

if [ "${1:-}" = stop ]; then
    [ ! -x "$offline/stop" ] || "$offline/stop"
    exit
fi

if ! docker version >/dev/null 2>&1; then
    [ -x "$offline/start" ] || fail "no engine answers, and there is no $offline/start to start one"
    command -v dockerd debootstrap docker-compose iptables >/dev/null ||
        install docker.io docker-compose debootstrap iptables
    say "starting an engine in $OFFLINE_DOCKER_DIR"
    started=$("$offline/start") || fail "the engine does not start"
    eval "$started"
    echo "$started"
fi
docker version >/dev/null || fail "no engine answers"

if ! docker compose version >/dev/null 2>&1; then
    export DOCKER_CONFIG=$OFFLINE_DOCKER_DIR/cli
    [ -x "$DOCKER_CONFIG/cli-plugins/docker-compose" ] || "$offline/compose-v2" "$DOCKER_CONFIG" >&2
    docker compose version >&2 || fail "no Compose v2"
    echo "export DOCKER_CONFIG=$DOCKER_CONFIG"
fi

for image in $images; do
    if docker image inspect "$image" >/dev/null 2>&1 || docker pull -q "$image" >/dev/null 2>&1; then
        continue
    fi
    name=${image%%:*} name=${name##*/}
    say "no registry gives $image: a stand-in from Debian's packages"
    "$offline/images" "$name" >&2 || fail "the stand-in for $image cannot be made"
done

if [ -z "${TEST_CHROMIUM:-}" ] && ! command -v chromium >/dev/null; then
    install chromium
fi
