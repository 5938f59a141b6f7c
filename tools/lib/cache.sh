# SPDX-License-Identifier: BSD-3-Clause
# Owns the cache outside the checkout: where it is, progress output, locks, and entries that are whole or absent.
# Sourced by bash scripts on the host; they have set -eu.

say() { printf '== %s\n' "$*" >&2; }
die() { printf '== error: %s\n' "$*" >&2; exit 1; }

[ -n "${BINNACLE_CACHE:-}${XDG_CACHE_HOME:-}${HOME:-}" ] || die "no place for the cache: set BINNACLE_CACHE or HOME"
CACHE=${BINNACLE_CACHE:-${XDG_CACHE_HOME:-${HOME:-}/.cache}/binnacle}
case $CACHE in /*) ;; *) die "BINNACLE_CACHE must be an absolute path; it is \"$CACHE\"" ;; esac
cache_tmp=

# cache_key WORD...: 16 hex digits that stand for the words and for standard input
cache_key() { { printf '%s\n' "$@"; cat; } | sha256sum | cut -c1-16; }

# packages_of FILE: the package names of a list, comments dropped, one per line, sorted
packages_of() { sed 's/#.*//' "$1" | tr -s ' \t' '\n' | sed '/^$/d' | LC_ALL=C sort -u; }

# run_logged TITLE LOGFILE CMD...: runs CMD with its output in LOGFILE; shows the last line and the time every 10 s
run_logged() {
    local title=$1 log=$2 start=$SECONDS pid rc=0 next=10
    shift 2
    say "$title"
    # A process group of its own, so that it can be ended as a whole; it also ends if we are killed.
    set -m
    setpriv --pdeathsig KILL "$@" </dev/null >"$log" 2>&1 &
    pid=$!
    set +m
    cache_child=$pid
    while kill -0 "$pid" 2>/dev/null; do
        sleep 1
        if [ $((SECONDS - start)) -ge $next ]; then
            printf '   %4d s  %.90s\n' $((SECONDS - start)) "$(tr '\r' '\n' <"$log" | tail -n 1 | tr -cd '[:print:]')" >&2
            next=$((SECONDS - start + 10))
        fi
    done
    wait "$pid" || rc=$?
    cache_child=
    if [ $rc -ne 0 ]; then
        tail -n 20 "$log" >&2
        ! grep -qi 'no space left on device\|enough free space\|write failed.*out of space\|disk quota exceeded' "$log" || cache_full "$CACHE"
        ! grep -qiE 'failure resolving|could not (resolve|connect)|unable to connect|network is unreachable|connection (refused|timed out)' \
            "$log" || die "$title: no Debian mirror was reached (lines above; all of it in $log).
   The first run needs the network; behind a proxy set http_proxy. What was finished is kept: run the same command again."
        die "$title failed after $((SECONDS - start)) s (status $rc); its output is in $log"
    fi
    printf '   %4d s  done\n' $((SECONDS - start)) >&2
}

CHECKOUT_MIB=1000 # of build/, with all tests

# cache_full PATH: says that the disk of PATH (the cache, or a checkout) is full, and what to do
cache_full() {
    local need=$CHECKOUT_MIB other="Or use a checkout on a larger disk."
    if [ "$1" = "$CACHE" ]; then
        need=${cache_need:-3000}
        other="Or put the cache elsewhere:  export BINNACLE_CACHE=/a/larger/disk/binnacle"
    fi
    die "the disk that holds $1 is full (about $need MiB are needed there, $(free_mib "$1") are free).
   Free some space; nothing half-made was kept, so run the same command again afterwards. $other"
}

# free_mib PATH: what an ordinary user may still fill of its disk
free_mib() { df -Pm "$1" | awk 'NR==2 {print $4}'; }

# cache_space MIB: refuses to begin with less than MIB free
cache_space() {
    local free
    cache_need=$1
    free=$(free_mib "$CACHE")
    [ "$free" -ge "$1" ] || die "$CACHE has $free MiB free and $1 MiB are needed.
   Free some space, or put the cache elsewhere:  export BINNACLE_CACHE=/a/larger/disk/binnacle"
}

cache_cleanup() {
    local rc=$? free
    trap - EXIT INT TERM HUP
    free=$(free_mib "$CACHE")
    if [ -n "${cache_child:-}" ]; then
        kill -KILL -- "-$cache_child" 2>/dev/null || true
        wait "$cache_child" 2>/dev/null || true
    fi
    [ -z "$cache_tmp" ] || cache_remove "$cache_tmp" "$cache_tmp".*
    say "interrupted or failed: the half-made ${cache_tmp##*/} was removed; the next run starts that step again"
    # Not all that may have met the full disk had its output looked at
    [ "$free" -ge 8 ] || (cache_full "$CACHE") || true
    exit $rc
}

# cache_remove PATH...: removes what we made, also directories made without write permission, and as an ordinary user
# also what mmdebstrap made under that user's subordinate ids
cache_remove() {
    local path
    for path in "$@"; do
        [ -e "$path" ] || [ -L "$path" ] || continue
        chmod -R u+rwX "$path" 2>/dev/null || true
        rm -rf --one-file-system "$path" 2>/dev/null ||
            unshare --map-root-user --map-auto rm -rf --one-file-system "$path" 2>/dev/null ||
            say "could not remove $path; remove it by hand"
    done
}

# cache_lock NAME: one maker of NAME at a time; the lock ends with the process and what it started
cache_lock() {
    mkdir -p "$CACHE" || die "cannot make the cache folder $CACHE; set BINNACLE_CACHE to a folder you can write"
    exec 9>"$CACHE/$1.lock"
    if ! flock -n 9; then
        say "another run is making $1; waiting for it"
        flock 9
    fi
}

# cache_begin ENTRY: sets cache_tmp, the name to make ENTRY under; what else is made for it is named $cache_tmp.SOMETHING.
# ENTRY is NAME-KEY or NAME-KEY.tar, and the lock NAME is held: what killed runs left, of this key or another, goes.
cache_begin() {
    local hex='[0-9a-f]' name=${1%.tar}
    name=${name%-*}
    # shellcheck disable=SC2086,SC2295
    cache_remove "$CACHE/$name"-$hex$hex$hex$hex$hex$hex$hex$hex$hex$hex$hex$hex$hex$hex$hex$hex*.tmp.*
    cache_tmp=$CACHE/$1.tmp.$$
    trap cache_cleanup EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

# cache_drop: ends what cache_begin began and leaves nothing
cache_drop() {
    trap - EXIT INT TERM HUP
    cache_remove "$cache_tmp" "$cache_tmp".*
    cache_tmp=
}

# cache_commit ENTRY: gives the finished thing its name
cache_commit() {
    sync "$cache_tmp" 2>/dev/null || true
    mv -T "$cache_tmp" "$CACHE/$1"
    cache_drop
}
