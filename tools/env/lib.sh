# Small helpers for ./run and its scripts: messages, timed steps, questions about this machine.
# Sourced, never run. Functions that only compute are tested by tests/run/run_test.sh.

say() { printf 'partyline: %s\n' "$*" >&2; }

die() {
    say "$*"
    exit 1
}

# step "what it does" LOG command…: one line with the seconds it took; on failure one line that says
# where to look. The command's output goes to LOG only. A terminal forgets what took no time.
step() {
    local what=$1 log=$2 started=$SECONDS status=0
    shift 2
    printf 'partyline: %s … ' "$what" >&2
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if [[ $status -ne 0 ]]; then
        printf 'failed after %d s\n' $((SECONDS - started)) >&2
        return "$status"
    fi
    if [[ -t 2 && $SECONDS -eq $started ]]; then
        printf '\r\033[K' >&2
    else
        printf '%d s\n' $((SECONDS - started)) >&2
    fi
}

# The package names in the given list files: comments and blank lines dropped, one a line, sorted.
package_names() {
    sed -e 's/#.*//' "$@" | tr -s ' \t' '\n\n' | sed '/^$/d' | sort -u
}

# os_field FILE NAME: a value of an os-release file.
os_field() {
    sed -n "s/^$2=//p" "$1" | tr -d "\"'" | head -n 1
}

# os_has_our_packages OS_RELEASE: true where apt itself can be expected to serve what we need.
os_has_our_packages() {
    local id version
    id=$(os_field "$1" ID)
    version=$(os_field "$1" VERSION_ID)
    case $id in
        # Debian's testing and unstable have no version number.
        debian) [[ -z $version ]] || ((${version%%.*} >= 13)) ;;
        ubuntu) ((10#$(tr -d . <<<"${version:-0}") >= 2504)) ;;
        *) return 1 ;;
    esac
}

# apt_sources DIR: every source with a "main" component under an /etc/apt, in both formats that apt reads,
# as lines "URI SUITE yes|no", the last word telling whether the machine trusts it without a signature.
apt_sources() {
    local file
    for file in "$1"/sources.list "$1"/sources.list.d/*.list; do
        [[ -f $file ]] || continue
        awk '$1 == "deb" {
            trusted = "no"; at = 2
            if ($2 ~ /^\[/) {
                while (at <= NF) {
                    if ($at ~ /trusted=yes/) trusted = "yes"
                    if ($at ~ /\]$/) break
                    at++
                }
                at++
            }
            for (i = at + 2; i <= NF; i++) if ($i == "main") { print $at, $(at + 1), trusted; break }
        }' "$file"
    done
    for file in "$1"/sources.list.d/*.sources; do
        [[ -f $file ]] || continue
        awk '
            function flush(    i, j) {
                if (deb && main && enabled)
                    for (i = 1; i <= uris; i++)
                        for (j = 1; j <= suites; j++) print uri[i], suite[j], trusted
                deb = 0; main = 0; enabled = 1; trusted = "no"; uris = 0; suites = 0; field = ""
            }
            function take(from,    i) {
                for (i = from; i <= NF; i++) {
                    if (field == "types:" && $i == "deb") deb = 1
                    if (field == "components:" && $i == "main") main = 1
                    if (field == "uris:") uri[++uris] = $i
                    if (field == "suites:") suite[++suites] = $i
                    if (field == "trusted:") trusted = tolower($i)
                    if (field == "enabled:" && tolower($i) == "no") enabled = 0
                }
            }
            BEGIN { flush() }
            /^#/ { next }
            /^[ \t]*$/ { flush(); next }
            /^[ \t]/ { take(1); next }
            { field = tolower($1); take(2) }
            END { flush() }' "$file"
    done
}

# debian_mirrors APT_DIR OS_RELEASE: the source lines for our Debian 13 root. They name the mirrors
# that this machine already uses for Debian, or Debian's own where it uses none.
debian_mirrors() {
    local codename="" main="" security="" updates="" uri suite trusted sources
    [[ $(os_field "$2" ID) == debian ]] && codename=$(os_field "$2" VERSION_CODENAME)
    [[ -z $codename ]] || sources=$(apt_sources "$1")
    # Other people's sources name the same suites: what calls itself Debian goes first.
    while read -r uri suite trusted; do
        [[ $trusted == yes ]] && uri="[trusted=yes] $uri"
        case $suite in
            "$codename" | stable | oldstable) main=${main:-$uri} ;;
            "$codename-updates" | stable-updates | oldstable-updates) updates=${updates:-$uri} ;;
            "$codename-security" | stable-security | oldstable-security) security=${security:-$uri} ;;
        esac
    done < <(grep debian <<<"${sources:-}" || true; grep -v debian <<<"${sources:-}" | grep -v -w -E '(old)?stable' || true)
    if [[ -z $main ]]; then
        main=http://deb.debian.org/debian
        updates=$main
        security=http://deb.debian.org/debian-security
    fi
    echo "deb $main trixie main"
    [[ -z $updates ]] || echo "deb $updates trixie-updates main"
    [[ -z $security ]] || echo "deb $security trixie-security main"
}

# Only how to fetch is taken over from the machine's apt. Hooks call programs that a root does not have.
apt_fetch_settings() {
    apt-config dump 2>/dev/null |
        grep -i '^Acquire::' |
        grep -v -i -e '^Acquire::IndexTargets' -e 'Proxy-Auto-Detect' -e '^Acquire::[^ ]* "";$' || true
}

# sync_file SOURCE TARGET: makes TARGET equal SOURCE in one step, so that nobody sees half a file.
# A source that is missing changes nothing.
sync_file() {
    [[ -r $1 ]] || return 0
    [[ ! -L $2 ]] && cmp -s "$1" "$2" && return 0
    mkdir -p "$(dirname "$2")"
    cat "$1" >"$2.new.$$" && mv -f "$2.new.$$" "$2"
}

# sync_host_settings ROOT: name servers, certificates, apt's and npm's settings may change between two
# visits, so each visit brings the root up to date with the machine.
sync_host_settings() {
    local root=$1 file settings
    sync_file /etc/resolv.conf "$root/etc/resolv.conf"
    sync_file /etc/hosts "$root/etc/hosts"
    sync_file /etc/npmrc "$root/etc/npmrc"
    sync_file /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
    for file in /usr/local/share/ca-certificates/*.crt; do
        sync_file "$file" "$root$file"
    done
    settings=$(mktemp)
    apt_fetch_settings >"$settings"
    sync_file "$settings" "$root/etc/apt/apt.conf.d/90host-fetch"
    rm -f "$settings"
}

# sync_npm_settings ROOT USER: the user's own npm settings, which may name a mirror and hold a token, go where
# npm looks for them inside a root that does not see the user's folder. Nobody else reads them.
sync_npm_settings() {
    local file=${npm_config_userconfig:-${NPM_CONFIG_USERCONFIG:-$HOME/.npmrc}}
    rm -f "$1$file"
    [[ -r $file ]] || return 0
    mkdir -p "$1$(dirname "$file")"
    install -m 600 "$file" "$1$file"
    chown "$2" "$1$file"
}

# Mounting in a namespace of our own needs a privilege that containers often withhold.
# PARTYLINE_NO_MOUNT=1 pretends so, to try it.
may_mount() {
    [[ ${PARTYLINE_NO_MOUNT:-} != 1 ]] &&
        unshare --mount --propagation private mount -t tmpfs none /tmp 2>/dev/null
}

# remove_tree DIR: never crosses into another file system, whatever may be mounted below.
remove_tree() {
    [[ $1 == /*/* ]] || die "refusing to remove '$1'"
    rm -rf --one-file-system -- "$1"
}
