#!/usr/bin/env bash
# Makes the Debian 13 root that ./run works in on systems with older packages, unless it is there.
#   root.sh core|full|audio   the root is then at the path that `root_path` names.
# A root is built in a folder beside its final one and renamed when it is complete, under a lock that
# all clones share. Whatever interrupts that, no half-made root is ever used.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib.sh"
. "$here/paths.sh"

install_tools() {
    command -v mmdebstrap >/dev/null && command -v flock >/dev/null && return
    command -v apt-get >/dev/null ||
        die "this system is neither Debian nor Ubuntu: install mmdebstrap and apt, then try again"
    step "installing mmdebstrap" "$logs/mmdebstrap.log" bash -c '
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -q && apt-get install -y -q --no-install-recommends mmdebstrap debian-archive-keyring' ||
        die "cannot install mmdebstrap with apt; see $logs/mmdebstrap.log"
}

# Runs a command so that it dies with us, together with everything it started, and sees its own mounts.
contained() {
    export PARTYLINE_OUTER_MOUNTS
    PARTYLINE_OUTER_MOUNTS=$(readlink /proc/self/ns/mnt)
    if may_mount; then
        setpriv --pdeathsig KILL \
            unshare --mount --propagation private --pid --fork --kill-child=KILL --mount-proc -- "$@"
    else
        setpriv --pdeathsig KILL "$@"
    fi
}

bootstrap() {
    local target=$1 settings mirrors skip=()
    settings=$(mktemp)
    apt_fetch_settings >"$settings"
    mapfile -t mirrors < <(debian_mirrors /etc/apt /etc/os-release)
    may_mount || skip=(--skip=check/canmount,chroot/mount)
    # Manuals are left out; the unsafe-io option is about power cuts during unpacking, which our
    # completion stamp already covers.
    contained mmdebstrap --mode=root --variant=apt --include=ca-certificates "${skip[@]}" \
        --aptopt="$settings" --aptopt='APT::Install-Recommends "false"' \
        --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        trixie "$target" "${mirrors[@]}" || return
    rm -f "$settings"
}

install_packages() {
    local target=$1
    shift
    # Nothing that gets installed may start a service.
    printf '#!/bin/sh\nexit 101\n' >"$target/usr/sbin/policy-rc.d"
    chmod 755 "$target/usr/sbin/policy-rc.d"
    contained env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
        bash "$here/enter.sh" --bare "$target" \
        bash -c 'apt-get update -q && apt-get install -y -q --no-install-recommends "$@" && apt-get clean' \
        install "$@"
}

build_core() {
    bootstrap "$1" && sync_host_settings "$1" &&
        mapfile -t names < <(package_names "$here/packages-core.txt") &&
        install_packages "$1" "${names[@]}"
}

# What is more than core, made from a copy of it.
build_on_core() {
    local kind=$1 names lists
    shift
    mapfile -t lists < <(package_lists "$kind")
    mkdir -p "$1" && cp -a --reflink=auto "$(root_path core)/." "$1/" &&
        rm -f "$1/$stamp" && sync_host_settings "$1" &&
        mapfile -t names < <(package_names "${lists[@]}") &&
        install_packages "$1" "${names[@]}"
}

build_full() { build_on_core full "$1"; }
build_audio() { build_on_core audio "$1"; }

# Roots of other package lists that nobody entered for 30 days and nobody is in now.
prune_old_roots() {
    local used
    for used in "$roots"/*.used; do
        [[ -n $(find "$used" -mtime +30 2>/dev/null) ]] || continue
        (
            flock --exclusive --nonblock 8 || exit 0
            remove_tree "${used%.used}"
            rm -f "$used"
        ) 8>"${used%.used}.lock"
    done
}

ensure() {
    local kind=$1 path log building
    path=$(root_path "$kind")
    root_ready "$kind" && return
    [[ $kind == core ]] || ensure core
    mkdir -p "$roots" "$logs"
    # Children inherit the lock: as long as one of them lives, nobody else builds here.
    exec 8>"$path.lock"
    if ! flock --exclusive --nonblock 8; then
        say "another ./run is making the Debian 13 root ($kind); waiting for it"
        flock --exclusive 8
    fi
    if ! root_ready "$kind"; then
        for building in "$path".building.*; do
            [[ ! -e $building ]] || remove_tree "$building"
        done
        [[ ! -e $path ]] || remove_tree "$path"
        building=$path.building.$$
        log=$logs/root-$kind.log
        step "making the Debian 13 root in $cache ($kind, once, about 2 min)" "$log" \
            "build_$kind" "$building" || {
            remove_tree "$building"
            die "$(root_failure "$log")"
        }
        touch "$building/$stamp" "$path.used"
        mv -T "$building" "$path"
        prune_old_roots
    fi
    exec 8>&-
}

root_failure() {
    local reason
    reason=$(grep -m 1 -E '^(E:|Err:|dpkg: error|mmdebstrap:.*error)' "$1" || tail -n 1 "$1")
    echo "cannot make the Debian 13 root: ${reason:-no reason given}; see $1"
}

install_tools
ensure "$1"
