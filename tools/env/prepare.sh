# prepare core|full|audio VERB ARGUMENT…: returns when the needed packages are at hand here; or replaces this
# process by the same ./run in a Debian 13 root. Sourced by ./run.

prepare() {
    local kind=$1
    shift
    if [[ -n ${PARTYLINE_INSIDE:-} ]]; then
        [[ $kind == core || $PARTYLINE_INSIDE == "$kind" ]] ||
            die "this shell has not the packages for that; leave it and type ./run $1 outside"
        return 0
    fi
    if os_has_our_packages /etc/os-release && install_here "$kind"; then
        return 0
    fi
    command -v apt-get >/dev/null || command -v mmdebstrap >/dev/null ||
        die "needs Debian or Ubuntu, or another system with apt and mmdebstrap"
    enter_root "$kind" "$@"
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -E -- "$@"
    else
        die "needs root, or sudo, to set up the build environment"
    fi
}

missing_packages() {
    comm -23 <(package_names "$@") \
        <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort -u)
}

# Installs what is missing with this system's own apt; false if that has not all we need.
install_here() {
    local lists missing log=$repo/build/logs/packages.log
    mapfile -t lists < <(package_lists "$1")
    mapfile -t missing < <(missing_packages "${lists[@]}")
    ((${#missing[@]})) || return 0
    step "updating apt's package lists" "$log" as_root apt-get update -q ||
        die "apt-get update failed; see $log"
    apt-get install --simulate --no-install-recommends "${missing[@]}" >"$log" 2>&1 || {
        say "this system's apt has not all packages we need (see $log)"
        return 1
    }
    step "installing ${#missing[@]} packages" "$log" as_root \
        env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" ||
        die "apt-get install failed: $(grep -m 1 '^E:' "$log"); see $log"
}

# The folders that a command inside may use, outermost first, so that no later mount hides an earlier one.
visible_paths() {
    local path
    for path in /tmp "${HOME:-/root}" "${TMPDIR:-/tmp}" "/run/user/$(id -u)" "$cache" "$repo" "$PWD"; do
        # Never a folder that the root has a system of its own in.
        case $(readlink -m "$path") in
            / | /usr* | /etc* | /bin* | /lib* | /sbin* | /var | /proc* | /sys* | /dev*) continue ;;
        esac
        [[ ! -d $path ]] || readlink -f "$path"
    done | sort -u
}

enter_root() {
    local kind=$1 root
    shift
    mkdir -p "$cache/ccache"
    export PARTYLINE_CACHE=$cache
    # The larger root does for everything that needs no recordings, so that nobody builds in two.
    [[ $kind == audio ]] || ! root_ready full || kind=full
    root=$(root_path "$kind")
    # Held for as long as the command runs, so that nobody removes the root under it.
    while true; do
        root_ready "$kind" || as_root "$here/root.sh" "$kind" || exit 1
        exec 9<"$root.lock"
        flock --shared 9
        ! root_ready "$kind" || break
    done

    mapfile -t paths < <(visible_paths)
    local settings=(
        # What points at the other system's programs must not follow us in.
        -u CC -u CXX -u LD_PRELOAD -u LD_LIBRARY_PATH -u PYTHONHOME -u PYTHONPATH
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
        LC_ALL=C.UTF-8
        PARTYLINE_INSIDE="$kind"
    )
    local separate=()
    if as_root bash -c '. "$1/lib.sh"; may_mount' may_mount "$here"; then
        separate=(unshare --mount --propagation private --)
    fi
    local become=()
    ((EUID == 0)) || become=(sudo -E --)
    PARTYLINE_OUTER_MOUNTS=$(readlink /proc/self/ns/mnt)
    export PARTYLINE_OUTER_MOUNTS
    local inside=("${become[@]}" "${separate[@]}"
        bash "$here/enter.sh" "$root" "$repo" "$PWD" "$(id -u):$(id -g)" "${paths[@]}" --
        env "${settings[@]}" "$repo/run" "$@")
    makes_what_must_run_here "$@" || exec "${inside[@]}"
    "${inside[@]}" || exit
    "$repo/tools/check-starts" "$(built_in "$root" build/release/bin/partyline-server)"
    exit
}

# Whether a command ends with a switchboard that is to run on machines like this one, which is older than what it
# was built in.
makes_what_must_run_here() {
    [[ $1 == package || ($1 == test && " $* " == *" --full "*) ]]
}

# built_in ROOT FILE: where a file of the checkout is that was built inside; in the copy that the root has, where
# nothing could be mounted.
built_in() {
    if [[ -e $1$repo/$2 ]]; then
        echo "$1$repo/$2"
    else
        echo "$repo/$2"
    fi
}
