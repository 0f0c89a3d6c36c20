# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154  # sourced by environment.sh, which sets root, cache and venv
# The device a command runs on: environment variables of a simulated one, or a check that hardware is there.

# For both simulators: our runtime root with the stand-in compiler. $1: a folder of the cache for compiled kernels.
use_stand_in() {
    local compiler_key
    compiler_key="$(cut -c1-12 "$cache/runtime-root/fingerprint")"
    export TT_METAL_RUNTIME_ROOT="$cache/runtime-root"
    # Commands reach the cores by direct writes: fast dispatch needs firmware that is not simulated.
    export TT_METAL_SLOW_DISPATCH_MODE=1
    export TT_METAL_DISABLE_SFPLOADMACRO=1
    # A folder of its own for each state of the stand-in compiler: its flags are not part of ttnn's cache key.
    export TT_METAL_CACHE="$cache/$1/$compiler_key"
    # The package writes its plan here, and the report of a hang ends with it.
    export LAYERNORM_FUSED_RM_LAST_PLAN="${LAYERNORM_FUSED_RM_LAST_PLAN:-$logs/plan-$$.txt}"
    mkdir -p "$TT_METAL_CACHE" "$logs"
    find "$logs" \( -name 'cycles-*' -o -name 'hang-*' -o -name 'plan-*' -o -name 'traffic-*' -o -name 'vendor-*' \) \
        -mtime +1 -delete
}

# wolfpine with our launcher: every variable that ttnn, wolfpine and the launcher read for a simulated chip. $1: which.
use_simulator() {
    use_stand_in "kernels-$1"
    export TT_METAL_SIMULATOR="$cache/simulator/$1"
    export WOLFPINE_PYTHON="$venv/bin/python"
    # Turns NoC translation on; without it workers are misrouted on NoC 1.
    export TT_METAL_MOCK_CLUSTER_DESC_PATH="$cache/simulator/$1/cluster_descriptor.yaml"
    # Cycles: on by default, TT_SIM_COST_MODEL= (empty) turns them off and is a third faster.
    export TT_SIM_COST_MODEL="${TT_SIM_COST_MODEL-1}"
    [[ -n "$TT_SIM_COST_MODEL" ]] || unset TT_SIM_COST_MODEL
    # One JSON line a program, the report of a hang, and names for it (simulator/launcher).
    export LAYERNORM_SIM_CYCLES_LOG="${LAYERNORM_SIM_CYCLES_LOG:-$logs/cycles-$$.jsonl}"
    export LAYERNORM_SIM_HANG_REPORT="${LAYERNORM_SIM_HANG_REPORT:-$logs/hang-$$.txt}"
    export LAYERNORM_SIM_BUFFER_NAMES="$cache/buffer-names.json"
}

# Tenstorrent's own simulator, which is not part of this project: strict, fast, without cycles.
require_vendor_simulator() {
    local what="Tenstorrent's own simulator (its public project is tenstorrent/ttsim)"
    [[ -n "${LAYERNORM_TTSIM:-}" ]] ||
        fail "device" "LAYERNORM_TTSIM is not set; --device vendor runs on $what" \
            "build it and set LAYERNORM_TTSIM to the folder that holds libttsim.so and, beside it, soc_descriptor.yaml"
    [[ -f "$LAYERNORM_TTSIM/libttsim.so" ]] ||
        fail "device" "no libttsim.so in LAYERNORM_TTSIM=$LAYERNORM_TTSIM; it is the library of $what" \
            "set LAYERNORM_TTSIM to the folder that holds it"
    [[ -f "$LAYERNORM_TTSIM/soc_descriptor.yaml" ]] ||
        fail "device" "no soc_descriptor.yaml beside $LAYERNORM_TTSIM/libttsim.so, which says what chip that simulates" \
            "copy that chip's from ttnn's package, tt_metal/soc_descriptors (wormhole_b0_80_arch.yaml for a Wormhole)"
}

use_vendor_simulator() {
    # It is the whole device: ttnn must not be told of another, as of the one that wolfpine was last.
    unset TT_METAL_MOCK_CLUSTER_DESC_PATH WOLFPINE_PYTHON TT_SIM_COST_MODEL LAYERNORM_SIM_CYCLES_LOG \
        LAYERNORM_SIM_HANG_REPORT LAYERNORM_SIM_BUFFER_NAMES
    use_stand_in kernels-vendor
    TT_METAL_SIMULATOR="$(cd "$LAYERNORM_TTSIM" && pwd)/libttsim.so"
    export TT_METAL_SIMULATOR
    # It says what it refuses on the process's own output, and ends the process: pytest must not hold that back.
    export PYTEST_ADDOPTS="--capture=sys ${PYTEST_ADDOPTS:-}"
}

# What a real card needs and a simulated one does not.
use_hardware() {
    compgen -G "/dev/tenstorrent/*" >/dev/null ||
        fail "device" "no Tenstorrent card: /dev/tenstorrent is empty or missing" \
            "install Tenstorrent's kernel driver (tt-kmd), or run without --device hardware on the simulated device"
    local sfpi
    for sfpi in "${TT_METAL_RUNTIME_ROOT:+$TT_METAL_RUNTIME_ROOT/runtime/sfpi}" /opt/tenstorrent/sfpi; do
        [[ -n "$sfpi" && -d "$sfpi/compiler" ]] && return 0
    done
    fail "device" "no SFPI compiler in /opt/tenstorrent/sfpi or \$TT_METAL_RUNTIME_ROOT/runtime/sfpi" \
        "install Tenstorrent's sfpi package, or run without --device hardware on the simulated device"
}

# For either device: thousands of lines of progress stay away unless asked for.
quieten_ttnn() {
    export TT_LOGGER_LEVEL="${TT_LOGGER_LEVEL:-error}"
    export LOGURU_LEVEL="${LOGURU_LEVEL:-ERROR}"
    export TT_METAL_LOGS_PATH="$cache/ttnn-logs"
    mkdir -p "$TT_METAL_LOGS_PATH"
}
