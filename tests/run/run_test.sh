#!/usr/bin/env bash
# Tables for the functions of ./run that only compute (tools/env/lib.sh, tools/env/paths.sh).
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$top/tools/env/lib.sh"
here=$top/tools/env
. "$here/paths.sh"
work=$(mktemp -d)
trap 'remove_tree "$work"' EXIT
failures=0

check() {
    [[ $2 == "$3" ]] && return
    printf '%s\n  expected: %s\n  got:      %s\n' "$1" "$2" "$3"
    failures=$((failures + 1))
}

lines() { tr '\n' '|'; }

test_package_names() {
    printf '# a comment\nb a  # why\n\n\tc\n' >"$work/one"
    printf 'd a\n' >"$work/two"
    check "package names" "a|b|c|" "$(package_names "$work/one" | lines)"
    check "two lists" "a|b|c|d|" "$(package_names "$work/one" "$work/two" | lines)"
}

test_environments() {
    local kind
    for kind in core full audio; do
        check "$kind is made on core" "$here/packages-core.txt" "$(package_lists "$kind" | head -n 1)"
        check "$kind has a root of its name" "$kind" "$(basename "$(root_path "$kind")" | cut -d - -f 1)"
    done
    check "recordings are for the voice chain's evaluation only" "packages-audio.txt" \
        "$(for kind in core full audio; do package_lists "$kind"; done | xargs -n 1 basename | grep audio)"
}

# check_system "os-release lines" yes|no
check_system() {
    local got=no
    printf '%b' "$1" >"$work/os"
    ! os_has_our_packages "$work/os" || got=yes
    check "apt serves $1" "$2" "$got"
}

test_systems() {
    check_system 'ID=debian\nVERSION_ID="12"\n' no
    check_system 'ID=debian\nVERSION_ID="13"\n' yes
    check_system 'ID=debian\nVERSION_ID="13.1"\n' yes
    check_system 'ID=debian\nVERSION_CODENAME=forky\n' yes
    check_system 'ID=ubuntu\nVERSION_ID="24.04"\n' no
    check_system 'ID=ubuntu\nVERSION_ID="25.04"\n' yes
    check_system 'ID=ubuntu\nVERSION_ID="26.04"\n' yes
    check_system 'ID=fedora\nVERSION_ID=42\n' no
    check_system 'ID=linuxmint\nID_LIKE=ubuntu\nVERSION_ID="22"\n' no
}

# check_mirrors NAME "expected"; the sources are in $work/apt, the system in $work/os.
check_mirrors() {
    check "$1" "$2" "$(debian_mirrors "$work/apt" "$work/os" | lines)"
    rm -rf "$work/apt"
    mkdir -p "$work/apt/sources.list.d"
}

test_mirrors() {
    local list=$work/apt/sources.list.d
    local own="deb http://deb.debian.org/debian trixie main|deb http://deb.debian.org/debian trixie-updates main|"
    own+="deb http://deb.debian.org/debian-security trixie-security main|"
    mkdir -p "$list"
    printf 'ID=debian\nVERSION_CODENAME=bookworm\n' >"$work/os"

    check_mirrors "no sources at all" "$own"

    printf '%s\n' 'deb http://a.example/debian bookworm main' '# deb http://no.example/ bookworm main' \
        'deb-src http://src.example/debian bookworm main' \
        'deb [arch=amd64 signed-by=/k.gpg] http://s.example/sec bookworm-security main' >"$work/apt/sources.list"
    check_mirrors "one line each" \
        "deb http://a.example/debian trixie main|deb http://s.example/sec trixie-security main|"

    printf '%s\n' 'deb [trusted=yes] http://a.example/debian bookworm main' >"$list/x.list"
    check_mirrors "trusted" "deb [trusted=yes] http://a.example/debian trixie main|"

    printf '%s\n' 'Types: deb deb-src' '# a comment' 'URIs: http://a.example/debian' \
        'Suites: bookworm bookworm-updates' 'Components: main' '' \
        'Types: deb' 'URIs:' ' http://s.example/debian-sec' 'Suites: bookworm-security' 'Components: main' '' \
        'Types: deb' 'Enabled: no' 'URIs: http://off.example/' 'Suites: bookworm' 'Components: main' >"$list/x.sources"
    check_mirrors "deb822" \
        "deb http://a.example/debian trixie main|deb http://a.example/debian trixie-updates main|deb http://s.example/debian-sec trixie-security main|"

    printf '%s\n' 'deb http://other.example/tool stable main' 'deb http://a.example/debian bookworm main' \
        >"$work/apt/sources.list"
    check_mirrors "somebody's own stable suite is not Debian's" "deb http://a.example/debian trixie main|"

    printf '%s\n' 'deb https://linux.example/debian bookworm stable' 'deb http://tool.example/ bookworm main' \
        'deb http://a.example/debian bookworm main' >"$work/apt/sources.list"
    check_mirrors "nor is anybody's bookworm" "deb http://a.example/debian trixie main|"

    printf '%s\n' 'deb http://cache.example/os bookworm main' >"$work/apt/sources.list"
    check_mirrors "a mirror by another name" "deb http://cache.example/os trixie main|"

    printf 'ID=ubuntu\nVERSION_CODENAME=noble\n' >"$work/os"
    printf '%s\n' 'deb http://archive.ubuntu.example/ubuntu noble main' >"$work/apt/sources.list"
    check_mirrors "Ubuntu's mirror has no Debian" "$own"
}

test_sync_file() {
    echo new >"$work/source"
    ln -sf /nowhere/at/all "$work/target"
    sync_file "$work/source" "$work/target"
    check "a link is replaced by a file" "new" "$(cat "$work/target")"
    check "not through the link" "no" "$([[ -L $work/target ]] && echo yes || echo no)"
    touch -d 2001-01-01 "$work/target"
    sync_file "$work/source" "$work/target"
    check "an equal file is left alone" "2001" "$(date -r "$work/target" +%Y)"
    sync_file "$work/missing" "$work/target"
    check "a missing source changes nothing" "new" "$(cat "$work/target")"
}

test_remove_tree() {
    mkdir -p "$work/tree/below"
    remove_tree "$work/tree"
    check "removed" "no" "$([[ -e $work/tree ]] && echo yes || echo no)"
    check "never the top" "1" "$( (remove_tree / 2>/dev/null) && echo 0 || echo 1)"
    check "never a folder of the top" "1" "$( (remove_tree /tmp 2>/dev/null) && echo 0 || echo 1)"
    check "never a relative path" "1" "$( (remove_tree tree 2>/dev/null) && echo 0 || echo 1)"
}

test_package_names
test_environments
test_systems
test_mirrors
test_sync_file
test_remove_tree
if ((failures)); then
    echo "$failures failed"
    exit 1
fi
