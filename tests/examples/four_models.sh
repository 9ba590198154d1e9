# SPDX-License-Identifier: MIT
# The same answer under each model; SIGTERM ends it in order.
dir=$(mktemp -d)
trap 'kill $! 2>/dev/null || true; rm -rf "$dir"' EXIT
for model in serial thread fork fiber; do
    "$1" $model "unix:$dir/$model" &
    for _ in $(seq 50); do
        [ -S "$dir/$model" ] && break
        sleep 0.1
    done
    [ "$("$(dirname "$1")/upper_client" "unix:$dir/$model" hello)" = HELLO ] || exit 1
    kill -TERM $!
    wait $! || exit 1
done
! "$1" magic "unix:$dir/magic" 2>/dev/null
