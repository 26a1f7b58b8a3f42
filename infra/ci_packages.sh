#!/bin/sh
# Installs what tests need beside Python and make, from Debian's packages.
set -eu
missing=
need() { # a program, and the package that brings it
    PATH=$PATH:/usr/sbin command -v "$1" >/dev/null || missing="$missing $2"
}
need nginx nginx
need promtool prometheus
need pgbouncer pgbouncer
need node nodejs
need npm npm
[ -n "$missing" ] || exit 0
apt-get update -qq
# shellcheck disable=SC2086 (a list of words)
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
