# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154  # sourced by environment.sh, which sets root, cache and venv
# Finds a Python that ttnn has wheels for and that can build an extension module.

# Every Python worth a look: one path a line, the preferred version first.
list_python_candidates() {
    local version
    for version in $PYTHON_VERSIONS; do
        type -aP "python$version" 2>/dev/null || true
        compgen -G "$HOME/.pyenv/versions/$version.*/bin/python" 2>/dev/null || true
    done
    type -aP python3 python 2>/dev/null || true
}

# Prints the version of a Python if it really runs: a pyenv shim may stand on PATH for a version that is not selected.
python_version() {
    timeout 20 "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null
}

# What a Python lacks for our purpose; nothing when it fits.
python_lack() {
    local version
    version="$(python_version "$1")" || { printf 'does not run'; return; }
    [[ " $PYTHON_VERSIONS " == *" ${version%.*} "* ]] || { printf 'is %s' "$version"; return; }
    timeout 20 "$1" -c 'import ensurepip, venv' 2>/dev/null || { printf 'is %s, without venv' "$version"; return; }
    timeout 20 "$1" - <<'PYTHON' 2>/dev/null || printf 'is %s, without its headers (Python.h)' "$version"
import pathlib, sys, sysconfig
sys.exit(not (pathlib.Path(sysconfig.get_paths()["include"]) / "Python.h").is_file())
PYTHON
}

# Prints the path of a fitting Python, or fails with the list of those found.
find_python() {
    local candidate lack found=""
    while read -r candidate; do
        lack="$(python_lack "$candidate")"
        if [[ -z "$lack" ]]; then
            printf '%s\n' "$candidate"
            return 0
        fi
        found+="
             $candidate $lack"
    done < <(list_python_candidates | awk '!seen[$0]++')
    fail "Python" "ttnn has wheels for Python ${PYTHON_VERSIONS// / and } only; found:${found:- none}" \
        "pyenv install 3.12 (found under ~/.pyenv/versions), or put another python3.12 or python3.10 on PATH"
}
