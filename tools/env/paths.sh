# Where the build environment lives. Sourced, after lib.sh, with $here set to tools/env.

cache=${PARTYLINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/partyline}
roots=$cache/roots
logs=$cache/logs
stamp=.partyline-root-complete
# Raise this when root.sh makes roots differently from before.
root_recipe=1

# package_lists core|full|audio: the files that name what is in such an environment.
package_lists() {
    echo "$here/packages-core.txt"
    case $1 in
        full) echo "$here/packages-checks.txt" ;;
        audio) echo "$here/packages-audio.txt" ;;
    esac
}

# root_path core|full|audio: the folder is named after everything that decides what is in it.
root_path() {
    local lists key
    mapfile -t lists < <(package_lists "$1")
    key=$({
        echo "$root_recipe $(uname -m)"
        package_names "${lists[@]}"
    } | sha256sum | cut -c 1-12)
    echo "$roots/$1-$key"
}

root_ready() {
    [[ -e $(root_path "$1")/$stamp ]]
}
