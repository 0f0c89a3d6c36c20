#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy (.clang-tidy) on the host's C++ and its tests, in a set-up checkout; status 0 only if it finds nothing.
#
#     setup/tidy.sh [FILE...]        default: all of src, bindings, tests/host and tests/fuzz
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/help.sh"
answer_help "$0" "$@"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly kBuild=build/tidy kPrograms="$PWD/.venv/bin"
files=("$@")
[[ $# -gt 0 ]] || mapfile -t files < <(find src bindings tests/host tests/fuzz -name '*.cpp')

[[ -x "$kPrograms/clang-tidy" ]] || { printf 'tidy: no %s; run ./test --quick first\n' "$kPrograms/clang-tidy" >&2; exit 1; }
cmake --preset dev -B "$kBuild" -DLAYERNORM_FUSED_RM_PYTHON=ON -DPython_EXECUTABLE="$kPrograms/python" >/dev/null
printf '%s\n' "${files[@]}" | nice xargs -P 2 -n 4 "$kPrograms/clang-tidy" --quiet -p "$kBuild" \
    "--extra-arg=-isystem$(c++ -print-file-name=include)" `# PyPI's clang-tidy comes without the compiler's headers` \
    --extra-arg=-Wno-implicit-int-conversion  # found in nanobind's templates; g++ has its own -Wconversion for ours
printf 'tidy: %d files without findings\n' "${#files[@]}"
