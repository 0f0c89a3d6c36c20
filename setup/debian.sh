# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154  # sourced by environment.sh, which sets root, cache and venv
# Debian packages: installed only where missing, as root or with sudo.

missing_debian_packages() {
    local package
    for package in "$@"; do
        [[ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" == installed ]] || printf '%s ' "$package"
    done
}

install_debian_packages() {
    local as_root=()
    ((EUID == 0)) || as_root=(sudo)
    export DEBIAN_FRONTEND=noninteractive
    run "${as_root[@]}" apt-get update
    run "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

ensure_debian_packages() {
    local wanted=("$@") missing
    local stamp="${wanted[*]}"
    # The stamp is the list itself, so that a quick run need not ask dpkg.
    [[ -f "$stamps/Debian-packages" && "$(<"$stamps/Debian-packages")" == "$stamp" ]] && return 0
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
        fail "Debian packages" "this is not a Debian system" "use Debian 12, or a container of it"
    missing="$(missing_debian_packages "${wanted[@]}")"
    if [[ -n "$missing" ]] && ((EUID != 0)); then
        command -v sudo >/dev/null && sudo -v ||
            fail "Debian packages" "missing: $missing, and neither root nor sudo is at hand" \
                "as root: apt-get install $missing"
    fi
    local install=true
    [[ -z "$missing" ]] || install=install_debian_packages
    # shellcheck disable=SC2086  # a list of names
    step "Debian packages" "$stamp" "as root: apt-get update && apt-get install $missing" $install $missing
}
