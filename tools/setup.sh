# SPDX-License-Identifier: MIT
# Sourced by ./run and ./test: Debian packages and incremental builds. Everything it has to say
# goes to stderr. Expects $root, the directory of the project.

say() {
    printf 'plug: %s\n' "$*" >&2
}

# missing_packages LIST...: the packages of packaging/debian-12-LIST.txt that are not installed.
missing_packages() {
    for list; do
        cat "$root/packaging/debian-12-$list.txt"
    done | sort -u >"$root/build/packages"
    # shellcheck disable=SC2046
    dpkg-query -W -f='${Package} ${db:Status-Status}\n' $(cat "$root/build/packages") 2>/dev/null |
        awk -v list="$root/build/packages" '
            $2 == "installed" { have[$1] = 1 }
            END { while ((getline p < list) > 0) if (!(p in have)) printf " %s", p }'
}

# As root, by sudo without asking, or by sudo that may ask for a password on a terminal.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif [ -t 0 ] && [ -t 2 ]; then
        sudo "$@"
    else
        sudo -n "$@"
    fi
}

apt_install() {
    log=$root/build/apt.log
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >"$log" 2>&1 &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
            "$@" >>"$log" 2>&1 </dev/null
}

# need_packages LIST...: installs what is missing. Where it cannot, it says what to install and
# goes on: the tools may have come another way, and what still lacks is named by cmake.
need_packages() {
    mkdir -p "$root/build" || { say "cannot write to $root"; return 2; }
    command -v dpkg-query >/dev/null || return 0
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    say "installing:$missing"
    # shellcheck disable=SC2086
    apt_install $missing && return 0
    say "could not (build/apt.log says why); as root, please run: apt-get install$missing"
}

# build PRESET [TARGET...]: configures once, builds what changed, silently when all is well.
build() {
    preset=$1
    shift
    dir=$root/build/$preset
    mkdir -p "$dir" || return 2
    for tool in cmake ninja; do
        command -v $tool >/dev/null || { say "$tool is missing: apt-get install cmake ninja-build"; return 2; }
    done
    (
        flock 9
        # A tree that was moved, or new presets: begin again.
        if [ "$(cat "$dir/.root" 2>/dev/null)" != "$root" ] ||
            [ "$root/CMakePresets.json" -nt "$dir/build.ninja" ]; then
            rm -rf "$dir/CMakeCache.txt" "$dir/CMakeFiles" "$dir/build.ninja"
            cmake -S "$root" --preset "$preset" >"$dir/configure.log" 2>&1 || {
                grep -A4 -E 'CMake Error|is missing' "$dir/configure.log" >&2
                exit 2
            }
            echo "$root" >"$dir/.root"
        fi
        ninja --quiet -C "$dir" "$@" >"$dir/build.log" 2>&1 || { cat "$dir/build.log" >&2; exit 2; }
    ) 9>"$dir/.lock"
}
