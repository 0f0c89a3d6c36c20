#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the wheels into dist/ and prints their paths: one for Python 3.12 and later, one for 3.10.
#
#     setup/wheels.sh [PYTHON_VERSION...]        default: each that ttnn has wheels for
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

answer_help "$0" "$@"
for version in ${*:-$PYTHON_VERSIONS}; do
    use_places "$root/.cache/wheels/$version" "$root/.cache/wheels/$version/venv"
    lock_places
    PYTHON_VERSIONS="$version" ensure_virtual_environment
    step "the wheel" "$(fingerprint_of "${kPlannerSources[@]}" python README.md LICENSE) $BUILD_REQUIREMENTS" "$kBuildRemedy" \
        build_wheel
    mkdir -p "$root/dist"
    cp "$cache"/wheel/*.whl "$root/dist"
    exec 9>&-
    printf '%s\n' "$root/dist/$(basename "$cache"/wheel/*.whl)"
done
