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
images='python:3.11-slim-bookworm postgres:15-bookworm nginx:1.28 prom/prometheus:v3.15.0'

say() { echo "engine: $*" >&2; }
fail() { say "$*"; exit 1; }

install() {
    [ "$(id -u)" = 0 ] || fail "$* must be installed, and this is not root"
    say "installing $*"
    local apt=(apt-get -qq -o DPkg::Lock::Timeout=600)
    { "${apt[@]}" update && DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y \
        --no-install-recommends "$@"; } >/dev/null || fail "apt-get could not install $*"
}

# One at a time: CI begins this beside other checks, and the tests then wait here for what it makes.
mkdir -p "$OFFLINE_DOCKER_DIR"
exec 8>"$OFFLINE_DOCKER_DIR/engine.lock"
flock 8

if [ "${1:-}" = stop ]; then
    [ ! -x "$offline/stop" ] || "$offline/stop"
    exit
fi

# An engine that this started before is taken again.
if ! docker version >/dev/null 2>&1; then
    [ -x "$offline/start" ] || fail "no engine answers, and there is no $offline/start to start one"
    command -v dockerd debootstrap docker-compose iptables >/dev/null ||
        install docker.io docker-compose debootstrap iptables
    say "starting an engine in $OFFLINE_DOCKER_DIR"
    started=$("$offline/start" 8>&-) || fail "the engine does not start"
    eval "$started"
    echo "$started"
    # Whatever a run that was killed has left begins again with the engine, and takes the machine.
    left=$(docker ps -aq --filter name=cashback-test-)
    [ -z "$left" ] || { say "ending what a killed run left" && docker rm -fv $left >/dev/null; }
fi
docker version >/dev/null || fail "no engine answers"

if ! docker compose version >/dev/null 2>&1; then
    export DOCKER_CONFIG=$OFFLINE_DOCKER_DIR/cli
    [ -x "$DOCKER_CONFIG/cli-plugins/docker-compose" ] || "$offline/compose-v2" "$DOCKER_CONFIG" >&2
    docker compose version >&2 || fail "no Compose v2"
    echo "export DOCKER_CONFIG=$DOCKER_CONFIG"
fi

get_image() {
    local name=${1%%:*}
    name=${name##*/}
    if docker image inspect "$1" >/dev/null 2>&1 || docker pull -q "$1" >/dev/null 2>&1; then
        return
    fi
    say "no registry gives $1: a stand-in from Debian's packages"
    # Its tag is the one that the compose file names.
    local tag=${name^^}_TAG
    env "$tag=$1" "$offline/images" "$name" >&2 || fail "the stand-in for $1 cannot be made"
}
getting=()
for image in $images; do
    if [ ${#getting[@]} = 0 ]; then
        get_image "$image" # the first makes what all the stand-ins begin with
        getting=(first)
    else
        get_image "$image" &
        getting+=($!)
    fi
done
for job in "${getting[@]:1}"; do wait "$job" || fail "an image is missing"; done

if [ -z "${TEST_CHROMIUM:-}" ] && ! command -v chromium >/dev/null; then
    install chromium
fi
