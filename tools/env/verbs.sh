# What ./run can do, once the environment is there. Sourced by ./run; each verb_NAME gets the arguments
# that followed the name.

verb_help() {
    cat <<'HELP'
usage: ./run COMMAND

  demo [--json FILE]          a switchboard and talkies that talk through it; prints what was heard,
                              within 60 s
  test [FILTER] [--full]      builds and runs all tests, or those whose name matches FILTER;
                              --full: with the large counts, under every sanitizer, the demo, and what
                              people run, started on this very machine
  server [ARGUMENT...]        the switchboard
  cli [ARGUMENT...]           the talkie without a screen
  package                     a .deb of the switchboard, and what a container is built from
  bench [NAME] [--json FILE]  the benchmarks, or one of them
  bench audio [ARGUMENT...]   what voice chains make of echo, noise and levels; --help lists more
  bench audio-plots           the pictures of docs/audio.md
  lint [--fix]                format, tidy rules, headers, static analysis; --fix formats the sources
  fuzz NAME SECONDS           one fuzz target
  asan [FILTER]               the tests under address and undefined-behaviour sanitizers
  tsan [FILTER]               the tests under the thread sanitizer
  shell [COMMAND...]          a shell, or one command, in the build environment
  help                        this page

The first command sets everything up, which takes some minutes. PARTYLINE_CACHE names the folder for
what is shared between checkouts (now: ~/.cache/partyline).
HELP
}

verb_shell() {
    compiler_cache
    (($#)) || set -- bash --norc
    export PS1='(partyline) \w \$ '
    exec "$@"
}

verb_demo() { run_program partyline-demo "$@"; }
verb_server() { run_program partyline-server "$@"; }
verb_cli() { run_program partyline-cli "$@"; }

verb_package() {
    build release partyline-server
    "$repo/tools/check-static" "$repo/build/release/bin/partyline-server"
    "$repo/tools/check-starts" "$repo/build/release/bin/partyline-server"
    exec "$repo/packaging/make-package" "$repo/build/release/bin/partyline-server" "$repo/build/package"
}

verb_bench() {
    local name="" json=()
    case ${1:-} in
        audio) run_program audio-eval "${@:2}" ;;
        audio-plots) audio_plots ;;
    esac
    while (($#)); do
        case $1 in
            --json)
                (($# > 1)) || die "--json needs a file name"
                json=(--json "$2")
                shift
                ;;
            -*) die "bench does not know $1" ;;
            *) name=$1 ;;
        esac
        shift
    done
    [[ -z $name ]] || run_program "bench-$name" "${json[@]}"
    build release benches
    exec "$repo/tools/run-benches" "$repo/build/release/bin" "${json[@]}"
}

# The pictures of docs/audio.md, anew.
audio_plots() {
    local sounds=$repo/build/audio-plots playout=$repo/build/audio-plots/playout.json
    build release audio-eval bench-playout
    "$repo/build/release/bin/audio-eval" --seeds 1 --save "$sounds" --chain ours --chain mumble --chain apm \
        --only fan10+kbd5 echo60 echo60-weak echo60-saturating echo60-jump echo60-drift echo250
    "$repo/build/release/bin/bench-playout" --json "$playout"
    exec "$repo/tests/audio/plot.py" "$sounds" "$playout" "$repo/docs/images"
}

verb_test() {
    local filter="" full=""
    while (($#)); do
        case $1 in
            --full) full=1 ;;
            -*) die "test does not know $1" ;;
            *) filter=$1 ;;
        esac
        shift
    done
    # Tests with a count in them look at this.
    [[ -z $full ]] || export PARTYLINE_FULL=1 PARTYLINE_FUZZ_SECONDS=60
    build dev
    if [[ -n $filter ]]; then
        exec_ctest dev -R "$filter"
    fi
    run_ctest dev
    if [[ -e $repo/tests/fuzz/CMakeLists.txt ]]; then
        build fuzz fuzzers
        run_ctest fuzz
    fi
    [[ -n $full ]] || return 0
    # What people run: the compiler warns of other things there, the switchboard is one static file, and the demo
    # judges what is heard.
    build release
    run_ctest release --label-regex static
    "$repo/build/release/bin/partyline-demo"
    build asan && run_ctest asan
    build tsan && run_ctest tsan
}

verb_asan() { sanitized asan "$@"; }
verb_tsan() { sanitized tsan "$@"; }

verb_fuzz() {
    (($# == 2)) || die "usage: ./run fuzz NAME SECONDS"
    build fuzz "fuzz-$1"
    exec "$repo/tools/fuzz-run" "$repo/build/fuzz" "$1" "$2"
}

verb_lint() {
    [[ ${1:-} != --fix ]] || exec "$repo/tools/format" --fix
    "$repo/tools/format"
    "$repo/tools/tidy"
    build lint check-headers
    exec "$repo/tools/lint" "$repo/build/lint"
}

sanitized() {
    build "$1"
    exec_ctest "$1" ${2:+-R "$2"}
}

run_program() {
    local name=$1
    shift
    build release "$name"
    exec "$repo/build/release/bin/$name" "$@"
}

compiler_cache() {
    # Relative paths make what one checkout compiled a hit in another.
    export CCACHE_DIR=$cache/ccache CCACHE_BASEDIR=$repo CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=5G
}

# build PRESET [TARGET…]: configures when the preset or the environment is new, then brings the targets
# (or everything) up to date.
build() {
    local preset=$1 directory=$repo/build/$1 log=$repo/build/logs/$1.log made_for
    shift
    compiler_cache
    mkdir -p "$directory"
    # Two commands at a time may build in one folder only one after the other.
    exec 7>"$directory/.lock"
    if ! flock --nonblock 7; then
        say "another ./run is building in $directory; waiting for it"
        flock 7
    fi
    made_for="$repo $(cat "$repo/CMakePresets.json" "$here/packages-core.txt" | sha256sum)"
    if [[ $(cat "$directory/.made-for" 2>/dev/null) != "$made_for" || ! -e $directory/build.ninja ]]; then
        step "configuring ($preset)" "$log" \
            cmake --fresh --preset "$preset" -S "$repo" || build_failed "$log"
        echo "$made_for" >"$directory/.made-for"
    fi
    step "building ($preset)" "$log" \
        cmake --build "$directory" ${1:+--target "$@"} || build_failed "$log"
    exec 7>&-
}

build_failed() {
    local missing
    missing=$(sed -n "s/^ninja: error: unknown target '\(.*\)'.*/\1/p" "$1")
    [[ -z $missing ]] || die "there is no ${missing/-/ } in this version"
    # The errors themselves are what a person wants to read; the rest is in the log.
    grep -E -A 4 -e '(error|Error):' -e 'CMake Error' -e 'undefined (reference|symbol)' "$1" | head -n 60 >&2
    die "the build failed; everything it said is in $1"
}

ctest_arguments() {
    # The tests' own output is shown for those that fail.
    arguments=(--test-dir "$repo/build/$1" --output-on-failure --no-tests=error --parallel "$(nproc)")
}

run_ctest() {
    local arguments
    ctest_arguments "$1"
    ctest "${arguments[@]}" "${@:2}"
}

exec_ctest() {
    local arguments
    ctest_arguments "$1"
    exec ctest "${arguments[@]}" "${@:2}"
}
