# To be sourced by scripts of this folder; `compose` is an array: how Compose is called.
# UP_WITHIN_S: how long a service may take until it is healthy (300)

# The container of a service, whatever state it is in.
container_of() {
    "${compose[@]}" ps --all --quiet "$1"
}

healthy() {
    local container
    container=$(container_of "$1")
    [ -n "$container" ] &&
        [ "$(docker inspect --format '{{.State.Health.Status}}' "$container")" = healthy ]
}

# Returns when the service is healthy; its last words, and 1, when that takes too long.
wait_healthy() {
    local deadline=$((SECONDS + ${UP_WITHIN_S:-300}))
    until healthy "$1"; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            "${compose[@]}" logs --tail 20 "$1" >&2
            return 1
        fi
        sleep 1
    done
}
