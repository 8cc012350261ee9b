#!/usr/bin/env bash
# Becomes a command inside a root.
#   enter.sh --bare ROOT command…            only the kernel's file systems (to install packages)
#   enter.sh ROOT CHECKOUT DIRECTORY USER PATH… -- command…
#                                            these paths of the machine too, at the same places; starts
#                                            in DIRECTORY as USER ("uid:gid")
# The caller has put us in a mount namespace of our own, so all mounts vanish with the command. Where
# that was not allowed, the checkout and the user's npm settings are copied in, and what the command wrote is
# copied back.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib.sh"

# Mounting anything is right only where nobody else can see it.
in_own_namespace() {
    [[ ${PARTYLINE_NO_MOUNT:-} != 1 && -n ${PARTYLINE_OUTER_MOUNTS:-} ]] &&
        [[ $(readlink /proc/self/ns/mnt) != "$PARTYLINE_OUTER_MOUNTS" ]]
}

bind() {
    mkdir -p "$root$1"
    mount --rbind "$1" "$root$1"
}

bind_kernel() {
    bind /proc && bind /sys && bind /dev
}

# The file after --json among the arguments: what a command leaves outside the checkout.
json_file() {
    local file=""
    while (($# > 1)); do
        [[ $1 == --json ]] && file=$2
        shift
    done
    [[ -z $file || $file == /* ]] || file=$directory/$file
    echo "$file"
}

copy_in() {
    mkdir -p "$root$checkout" "$root$directory" "$root$HOME" "$root/tmp"
    # The old copy goes, except for its build folder, which makes the next build quick.
    find "$root$checkout" -xdev -mindepth 1 -maxdepth 1 ! -name build \
        -exec rm -rf --one-file-system {} +
    tar -C "$checkout" --exclude=./build -cf - . | tar -C "$root$checkout" -xpf -
    chown "$user" "$root$checkout" "$root$HOME"
    sync_npm_settings "$root" "$user"
    [[ -n $json ]] || return 0
    mkdir -p "$root$(dirname "$json")"
    chown "$user" "$root$(dirname "$json")"
}

copy_back() {
    if [[ -d $root$checkout/build/logs ]]; then
        mkdir -p "$checkout/build/logs"
        cp -a "$root$checkout/build/logs/." "$checkout/build/logs/"
    fi
    [[ -z $json || ! -f $root$json ]] || cp -a "$root$json" "$json"
}

# The command runs as our child here, because we still have to copy afterwards. A Ctrl-C reaches both of
# us: we ignore it, so that the child ends in its own way. The other signals are ours to pass on.
run_in_copy() {
    local child status interrupted=1 json
    json=$(json_file "$@")
    copy_in
    trap '' INT
    env --default-signal=INT,QUIT \
        chroot --userspec="$user" "$root" /usr/bin/env --chdir="$directory" "$@" <&0 &
    child=$!
    trap 'interrupted=1; kill -TERM "$child" 2>/dev/null' TERM HUP
    while ((interrupted)); do
        interrupted=0 status=0
        wait "$child" || status=$?
    done
    copy_back
    exit "$status"
}

if [[ $1 == --bare ]]; then
    root=$2
    shift 2
    ! in_own_namespace || bind_kernel
    exec chroot "$root" "$@"
fi

root=$1 checkout=$2 directory=$3 user=$4
shift 4
paths=()
while [[ $1 != -- ]]; do
    paths+=("$1")
    shift
done
shift

touch "$root.used"
sync_host_settings "$root"
# Programs want their user to have a name.
grep -q "^[^:]*:[^:]*:${user%%:*}:" "$root/etc/passwd" ||
    echo "builder:x:$user:builder:$HOME:/bin/bash" >>"$root/etc/passwd"

in_own_namespace || run_in_copy "$@"
for path in "${paths[@]}"; do
    bind "$path"
done
bind_kernel
exec chroot --userspec="$user" "$root" /usr/bin/env --chdir="$directory" "$@"
