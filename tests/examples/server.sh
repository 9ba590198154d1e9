# SPDX-License-Identifier: MIT
# The same answers under every model; SIGTERM drains and ends it with 0.
dir=$(mktemp -d)
trap 'kill $! 2>/dev/null || true; rm -rf "$dir"' EXIT
for model in serial thread fork fiber; do
    "$1" "unix:$dir/s" $model &
    for _ in $(seq 50); do
        [ -S "$dir/s" ] && break
        sleep 0.1
    done
    for text in hello "$(head -c 100000 /dev/zero | tr '\0' x)"; do
        [ "$("$(dirname "$1")/upper_client" "unix:$dir/s" "$text")" = "${text^^}" ]
    done
    kill $!
    wait $!
done
