#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a command where nothing is installed but a stock ttnn, the package's wheel and wolfpine, on the simulated device:
#
#     setup/beside.sh [--chip wormhole|blackhole] TTNN_VERSION PYTHON_VERSION COMMAND...
#
# for example: setup/beside.sh 0.79.0 3.12 python examples/quickstart.py
# What it makes lies in .cache/beside, 1 GB for each pair of versions.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

answer_help "$0" "$@"
chip="${LAYERNORM_CHIP:-}"
case "${1:-}" in
    --chip) chip="${2:?--chip needs a name: $kChips}"; shift 2 ;;
esac
if (($# < 3)); then
    print_help "$0" >&2
    exit 2
fi
ttnn="$1" version="$2"
shift 2
check_chip simulator
# shellcheck disable=SC2086  # lists
ensure_debian_packages $DEBIAN_HOST_PACKAGES $DEBIAN_SIMULATOR_PACKAGES
wheel="$("$root/setup/wheels.sh" "$version")"

use_places "$root/.cache/beside/$ttnn-python$version" "$root/.cache/beside/$ttnn-python$version/venv"
lock_places
requirements="ttnn==$ttnn ${DEVICE_REQUIREMENTS#ttnn==* } $SIMULATOR_REQUIREMENTS"
PYTHON_VERSIONS="$version" ensure_virtual_environment
# shellcheck disable=SC2086  # a list
step "Python packages" "$requirements" "$kPipRemedy" pip_install $requirements
step "the wheel" "$(sha256sum <"$wheel")" "$kBuildRemedy" pip_install --no-deps --force-reinstall "$wheel"
prepare_simulated_device
exec 9>&-
quieten_ttnn
use_simulator "${chip:-wormhole}"
unset PYTHONPATH
export PATH="$venv/bin:$PATH" VIRTUAL_ENV="$venv"
exec "$@"
