#!/usr/bin/env bash
# What ./run does before anything is built (tools/env): the functions that only compute, and how a root is made and
# entered, with scripts in the place of mmdebstrap and chroot.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$top/tools/env/lib.sh"
here=$top/tools/env
work=$(mktemp -d)
trap 'remove_tree "$work"' EXIT
PARTYLINE_CACHE=$work/cache
. "$here/paths.sh"
. "$here/prepare.sh"
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

# stand_in NAME, its script on standard input: what tools/env calls by that name from now on.
stand_in() {
    mkdir -p "$work/bin"
    { echo '#!/usr/bin/env bash'; cat; } >"$work/bin/$1"
    chmod 755 "$work/bin/$1"
}

# A machine that may not mount, with nothing but what is in $work.
on_this_machine() {
    env PATH="$work/bin:$PATH" HOME="$work/home" PARTYLINE_CACHE="$work/cache" PARTYLINE_NO_MOUNT=1 "$@"
}

test_npm_settings() {
    local root=$work/cache/roots/core-x own
    own=$(id -u):$(id -g)
    mkdir -p "$root/etc" "$work/home" "$work/checkout"
    touch "$root/etc/passwd"
    echo "registry=http://mirror.example/" >"$work/home/.npmrc"
    echo "a secret of something else" >"$work/home/.netrc"
    stand_in chroot <<'STAND_IN'
cd "$2$HOME" && ls -A && cat .npmrc && stat -c %a .npmrc
STAND_IN
    visit() { on_this_machine bash "$here/enter.sh" "$root" "$work/checkout" "$work/checkout" "$own" -- true; }
    check "of all in the user's folder, npm's settings go along" ".npmrc|registry=http://mirror.example/|600|" \
        "$(visit | lines)"
    echo "registry=http://other.example/" >"$work/home/.npmrc"
    check "as they are now" "registry=http://other.example/" "$(visit | sed -n 2p)"
    rm "$work/home/.npmrc"
    check "settings that are gone are gone" "" "$(visit 2>/dev/null || true)"
    echo "registry=http://third.example/" >"$work/settings"
    NPM_CONFIG_USERCONFIG=$work/settings visit >/dev/null 2>&1 || true
    check "or from where npm is told to look" "registry=http://third.example/" "$(cat "$root$work/settings")"
    remove_tree "$work/cache"
}

# make_root SCRIPT: as ./run does it, with that in the place of mmdebstrap.
make_root() {
    stand_in mmdebstrap <<STAND_IN
for last; do [[ \$last != *.building.* ]] || target=\$last; done
mkdir -p "\$target/usr/sbin" "\$target/etc"
$1
STAND_IN
    stand_in chroot <<<'exit 0'
    on_this_machine bash "$here/root.sh" core
}

test_half_made_roots() {
    local path
    path=$(root_path core)
    # What comes of it is asked about often: whether somebody would enter it.
    is_used() { root_ready core && echo yes || echo no; }

    # The script kills the step that runs it, which leaves no time to clean up.
    make_root 'echo half >"$target/etc/mark"; kill -KILL "$PPID"' >"$work/out" 2>&1 || true
    check "there is half a root" half "$(cat "$path".building.*/etc/mark)"
    check "it is not used" no "$(is_used)"
    mkdir -p "$path/etc"
    echo old >"$path/etc/mark"
    check "nor is one in its place that was never complete" no "$(is_used)"

    make_root 'echo whole >"$target/etc/mark"' >"$work/out" 2>&1
    check "the next try makes a whole one" "yes whole" "$(is_used) $(cat "$path/etc/mark")"
    check "and clears the others away" "$(basename "$path")" \
        "$(find "$work/cache/roots" -mindepth 1 -maxdepth 1 -type d -printf '%f')"

    make_root 'echo anew >"$target/etc/mark"' >"$work/out" 2>&1
    check "which is not made again" whole "$(cat "$path/etc/mark")"
    remove_tree "$work/cache"
}

test_a_failing_step() {
    local status=0 log=$work/cache/logs/root-core.log
    make_root 'echo "some words"; echo "E: the mirror is away"; exit 1' >"$work/out" 2>&1 || status=$?
    check "it fails" 1 "$status"
    check "with one line that says why and where the rest is" \
        "partyline: cannot make the Debian 13 root: E: the mirror is away; see $log" "$(grep -F "$log" "$work/out")"
    check "there the rest is" "some words" "$(head -n 1 "$log")"
    check "nothing is left of it" "" "$(find "$work/cache/roots" -mindepth 1 -type d)"
    remove_tree "$work/cache"
}

test_clones_share_roots() {
    local own other
    own=$(root_path full)
    cp -r "$top/tools/env" "$work/clone"
    of_the_clone() { (here=$work/clone && root_path full); }
    check "another clone with the same packages has the same root" "$own" "$(of_the_clone)"
    echo "# a word about them" >>"$work/clone/packages-checks.txt"
    check "whatever is said of them" "$own" "$(of_the_clone)"
    echo "one-more" >>"$work/clone/packages-checks.txt"
    other=$(of_the_clone)
    check "with other packages it has another" "$(dirname "$own") yes" \
        "$(dirname "$other") $([[ $other != "$own" ]] && echo yes || echo no)"
    check "and the same core" "$(root_path core)" "$(here=$work/clone && root_path core)"
}

test_steps() {
    local log=$work/logs/step.log status=0
    told() { sed 's/[0-9]* s$/N s/' "$work/out"; }  # however long it took
    step "doing it" "$log" bash -c 'echo all is well' 2>"$work/out"
    check "a step says what it does, and what it said is in its log" "partyline: doing it … N s|all is well|" \
        "$({ told && cat "$log"; } | lines)"
    step "failing" "$log" bash -c 'exit 3' 2>"$work/out" || status=$?
    check "it fails as its command does" "3 partyline: failing … failed after N s" "$status $(told)"
}

test_what_must_run_here() {
    local asked
    for asked in "package" "test --full" "test talk --full"; do
        check "./run $asked looks at this machine" yes "$(makes_what_must_run_here $asked && echo yes || echo no)"
    done
    for asked in "test" "test full" "demo" "cli --full"; do
        check "./run $asked does not" no "$(makes_what_must_run_here $asked && echo yes || echo no)"
    done
    local repo=$work/checkout
    check "what was built is in the checkout" "$repo/build/x" "$(built_in "$work/root" build/x)"
    mkdir -p "$work/root$repo/build" && touch "$work/root$repo/build/x"
    check "or in the root's copy" "$work/root$repo/build/x" "$(built_in "$work/root" build/x)"
}

# check_start NAME "expected words" "what it says of itself" "what it says then" STATUS: a server that ends with STATUS
# when it is told to.
check_start() {
    local got status=0
    stand_in server <<STAND_IN
[[ \$1 != --version ]] || { echo "$3"; exit; }
trap 'exit $5' TERM
echo "$4"
while true; do sleep 0.05; done
STAND_IN
    got=$("$top/tools/check-starts" "$work/bin/server" 2>&1) || status=1
    check "$1" "$2" "$status ${got/ on */}"
}

test_starts() {
    local ready="partyline-server ready port=1"
    check_start "a server that starts" "0 partyline-server 1 starts and ends" "partyline-server 1" "$ready" 0
    check_start "one that is another program" "1 $work/bin/server does not run" "gzip 1" "$ready" 0
    check_start "one that finds no port" "1 $work/bin/server does not run" "partyline-server 1" "no port" 0
    check_start "one that does not go in order" "1 $work/bin/server does not run" "partyline-server 1" "$ready" 3
}

test_package_names
test_environments
test_systems
test_mirrors
test_sync_file
test_remove_tree
test_steps
test_npm_settings
test_half_made_roots
test_a_failing_step
test_clones_share_roots
test_what_must_run_here
test_starts
if ((failures)); then
    echo "$failures failed"
    exit 1
fi
