#!/bin/sh
# Installs what tests need beside Python and make, from Debian's packages: nginx.
set -eu
missing=
for program in nginx; do
    PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || missing="$missing $program"
done
[ -n "$missing" ] || exit 0
apt-get update -qq
# shellcheck disable=SC2086 (a list of words)
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
