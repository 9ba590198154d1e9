# SPDX-License-Identifier: MIT
. "$(dirname "$0")/many_clients.bash"
for backend in poll select uring; do
    PLUG_BACKEND=$backend many_clients "$1"
done
many_clients "$1"
