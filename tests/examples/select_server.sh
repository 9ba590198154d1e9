# SPDX-License-Identifier: MIT
. "$(dirname "$0")/many_clients.bash"
many_clients "$1"
