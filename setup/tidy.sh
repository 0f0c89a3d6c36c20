#!/usr/bin/env bash
# clang-format and clang-tidy (Debian's, 14) on what they hold for; status 0 only if both find nothing.
#
#     setup/tidy.sh [--fix]        --fix: write the formatting too
#
# Needs Debian's clang-format and clang-tidy, and a set-up checkout (./test --quick) for nanobind's headers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly kBuild=build/tidy
python="${PYTHON:-$PWD/.venv/bin/python}"

for program in clang-format clang-tidy; do
    command -v "$program" >/dev/null || { printf 'tidy: no %s; apt-get install clang-format clang-tidy\n' "$program" >&2; exit 1; }
done
[[ -x "$python" ]] || { printf 'tidy: no %s; run ./test --quick first, or set PYTHON\n' "$python" >&2; exit 1; }

mapfile -t formatted < <(find include src bindings tests python/layernorm_fused_rm/kernels \
    -name '*.hpp' -o -name '*.cpp')
mapfile -t checked < <(find src bindings tests/host tests/fuzz -name '*.cpp')

if [[ "${1:-}" == --fix ]]; then
    clang-format -i "${formatted[@]}"
fi
clang-format --dry-run -Werror "${formatted[@]}"
cmake --preset dev -B "$kBuild" -DLAYERNORM_FUSED_RM_PYTHON=ON -DPython_EXECUTABLE="$python" >/dev/null
printf '%s\n' "${checked[@]}" | nice xargs -P 2 -n 4 clang-tidy --quiet -p "$kBuild" \
    --extra-arg=-Wno-implicit-int-conversion  # found in nanobind's templates; g++ has its own -Wconversion for ours
printf 'tidy: %d files formatted, %d files without findings\n' "${#formatted[@]}" "${#checked[@]}"
