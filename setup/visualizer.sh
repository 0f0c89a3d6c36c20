#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Opens a report (python -m simulator.visualizer_report) in Tenstorrent's ttnn-visualizer, at http://localhost:8000/.
#
#     setup/visualizer.sh [REPORT [OPTION...]]
#
# Options are ttnn-visualizer's own, such as --port 8001. Without a report it is only installed: 340 MB from PyPI, in an
# environment of its own (.cache/visualizer), since it wants other versions of numpy and tt-perf-report than the tests.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

answer_help "$0" "$@"
prepare_environment simulator
ensure_visualizer
(($# > 0)) || exit 0
report="$(realpath "$1")"
options=(--profiler-path "$report")
[[ ! -f "$report/profile_log_device.csv" ]] || options+=(--performance-path "$report")
# What it keeps of reports it has seen lies beside it, not in the home; it sends nobody anything.
export APP_DATA_DIRECTORY="$cache/visualizer/data" REPORT_DATA_DIRECTORY="$cache/visualizer/data"
export USAGE_RECORDING_DISABLED=true
exec "$cache/visualizer/bin/ttnn-visualizer" "${options[@]}" "${@:2}"
