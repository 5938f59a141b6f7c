# SPDX-License-Identifier: BSD-3-Clause
# Owns the cache outside the checkout: where it is, progress output, locks, and entries that are whole or absent.
# Sourced by bash scripts on the host; they have set -eu.

CACHE=${BINNACLE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/binnacle}
cache_tmp=

say() { printf '== %s\n' "$*" >&2; }
die() { printf '== error: %s\n' "$*" >&2; exit 1; }

# cache_key WORD...: 16 hex digits that stand for the words and for standard input
cache_key() { { printf '%s\n' "$@"; cat; } | sha256sum | cut -c1-16; }

# packages_of FILE: the package names of a list, comments dropped, one per line, sorted
packages_of() { sed 's/#.*//' "$1" | tr -s ' \t' '\n' | sed '/^$/d' | LC_ALL=C sort -u; }

# run_logged TITLE LOGFILE CMD...: runs CMD with its output in LOGFILE; shows the last line and the time every 10 s
run_logged() {
    local title=$1 log=$2 start=$SECONDS pid rc=0 next=10
    shift 2
    say "$title"
    "$@" </dev/null >"$log" 2>&1 &
    pid=$!
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
        if grep -qi 'no space left on device' "$log"; then
            cache_full
        fi
        die "$title failed after $((SECONDS - start)) s (status $rc); its output is in $log"
    fi
    printf '   %4d s  done\n' $((SECONDS - start)) >&2
}

cache_full() {
    die "the disk that holds $CACHE is full (about ${cache_need:-?} MiB are needed there).
   Free some space, or put the cache elsewhere:  export BINNACLE_CACHE=/a/larger/disk/binnacle
   Nothing half-made was kept; run the same command again afterwards."
}

# cache_space MIB: refuses to begin with less than MIB free
cache_space() {
    local free
    cache_need=$1
    mkdir -p "$CACHE" || die "cannot make the cache folder $CACHE; set BINNACLE_CACHE to a folder you can write"
    free=$(df -Pm "$CACHE" | awk 'NR==2 {print $4}')
    [ "$free" -ge "$1" ] || die "$CACHE has $free MiB free and $1 MiB are needed.
   Free some space, or put the cache elsewhere:  export BINNACLE_CACHE=/a/larger/disk/binnacle"
}

cache_cleanup() {
    local rc=$?
    trap - EXIT INT TERM HUP
    if [ -n "${cache_child:-}" ]; then
        kill "$cache_child" 2>/dev/null || true
        wait "$cache_child" 2>/dev/null || true
    fi
    if [ -n "$cache_tmp" ] && [ -e "$cache_tmp" ]; then
        cache_remove "$cache_tmp"
        say "interrupted or failed: $cache_tmp was removed; the next run starts that step again"
    fi
    exit $rc
}

# cache_remove PATH: removes what we made, also directories made without write permission
cache_remove() {
    chmod -R u+rwX "$1" 2>/dev/null || true
    rm -rf --one-file-system "$1" || say "could not remove $1; remove it by hand"
}

# cache_lock NAME: one maker of NAME at a time; the lock ends with the process
cache_lock() {
    mkdir -p "$CACHE"
    exec 9>"$CACHE/$1.lock"
    if ! flock -n 9; then
        say "another run is making $1; waiting for it"
        flock 9
    fi
}

# cache_begin ENTRY: sets cache_tmp, the name to make ENTRY under; removes what a killed run left
cache_begin() {
    local old
    for old in "$CACHE/$1".tmp.*; do
        [ ! -e "$old" ] || cache_remove "$old"
    done
    cache_tmp=$CACHE/$1.tmp.$$
    trap cache_cleanup EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

# cache_commit ENTRY: gives the finished thing its name
cache_commit() {
    sync "$cache_tmp" 2>/dev/null || true
    mv -T "$cache_tmp" "$CACHE/$1"
    cache_tmp=
    trap - EXIT INT TERM HUP
}
