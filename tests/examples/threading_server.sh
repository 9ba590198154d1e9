# SPDX-License-Identifier: MIT
. "$(dirname "${BASH_SOURCE[0]}")/hooks.bash"
hooks "$1" thread
hooks "$1" fiber
hooks "$1" serial
