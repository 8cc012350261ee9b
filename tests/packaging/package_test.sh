#!/usr/bin/env bash
# package_test.sh PROGRAM: what make-package makes of a partyline-server.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
failures=0

check() {
    [[ $2 == "$3" ]] && return
    printf '%s\n  expected: %s\n  got:      %s\n' "$1" "$2" "$3"
    failures=$((failures + 1))
}

deb=$("$top/packaging/make-package" "$1" "$work/out")
dpkg-deb --extract "$deb" "$work/tree"
dpkg-deb --control "$deb" "$work/control"

check "files, with their modes" \
    "644 etc/partyline/partyline-server.toml
755 usr/bin/partyline-server
644 usr/lib/systemd/system/partyline.service
644 usr/lib/sysusers.d/partyline.conf
644 usr/lib/tmpfiles.d/partyline.conf
644 usr/share/doc/partyline-server/CHANGELOG.md
644 usr/share/doc/partyline-server/copyright
644 usr/share/doc/partyline-server/hosting.md" \
    "$(cd "$work/tree" && find . -type f -printf '%m %P\n' | sort -k 2)"
check "everything is root's" "root/root" \
    "$(dpkg-deb --contents "$deb" | awk '{print $2}' | sort -u)"

program=$work/tree/usr/bin/partyline-server
config=$work/tree/etc/partyline/partyline-server.toml
check "the version" "$("$program" --version)" "partyline-server $(dpkg-deb --field "$deb" Version)"
check "what is installed starts and ends" 0 "$("$top/tools/check-starts" "$program" >"$work/said" 2>&1 && echo 0 || cat "$work/said")"
check "the configuration is right" "$config: all keys are right." \
    "$("$program" --config "$config" --check-config)"
check "it may be edited" "/etc/partyline/partyline-server.toml" "$(cat "$work/control/conffiles")"
unit=$work/tree/usr/lib/systemd/system/partyline.service
check "the unit starts what is installed" "/usr/bin/partyline-server --config /etc/partyline/partyline-server.toml" \
    "$(sed -n 's/^ExecStart=//p' "$unit")"
data=$(sed -n 's/^data = "\(.*\)"/\1/p' "$config")
check "unit, user and folder agree on the data" "/var/lib/partyline /var/lib/partyline /var/lib/partyline" \
    "$data /var/lib/$(sed -n 's/^StateDirectory=//p' "$unit") $(awk '/^d /{print $2}' "$work/tree/usr/lib/tmpfiles.d/partyline.conf")"
check "they agree on the user" "partyline partyline partyline" \
    "$(sed -n 's/^User=//p' "$unit") $(awk '/^u /{print $2}' "$work/tree/usr/lib/sysusers.d/partyline.conf") $(awk '/^d /{print $4}' "$work/tree/usr/lib/tmpfiles.d/partyline.conf")"
for script in postinst prerm postrm; do
    check "$script can be run" "755" "$(stat -c %a "$work/control/$script")"
    sh -n "$work/control/$script" || failures=$((failures + 1))
done
check "what a container is built from" "Containerfile data partyline-server" \
    "$(cd "$work/out/container" && echo *)"
while read -r source; do
    check "the Containerfile finds $source" yes "$([[ -e $work/out/container/$source ]] && echo yes)"
done < <(awk '$1 == "COPY" { print $(NF - 1) }' "$work/out/container/Containerfile")

# A unit that systemd would not take is found where systemd is.
if command -v systemd-analyze >/dev/null; then
    cp "$unit" "$work/partyline.service"
    sed -i "s|/usr/bin/partyline-server|$program|" "$work/partyline.service"
    check "systemd takes the unit" "" "$(systemd-analyze verify --man=no "$work/partyline.service" 2>&1 | grep partyline.service || true)"
fi

if ((failures)); then
    echo "$failures failed"
    exit 1
fi
