# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154  # sourced by environment.sh, which sets root, cache and venv
# Named steps with visible progress. A step that is up to date is silent; one that fails says which step, which command
# and what to do, and ends the script.
#
#     step NAME FINGERPRINT REMEDY FUNCTION [ARGUMENT...]
#
# runs FUNCTION unless it already succeeded with this fingerprint. Inside it, `run COMMAND...` notes the command for the
# report. Everything it prints goes to a log.

readonly kReportSeconds=15  # between progress lines where the output is no terminal

run() {
    printf '+ %s\n' "$*"
    "$@"
}

# One short value for the contents of files and folders (and their names, relative to the checkout).
fingerprint_of() {
    (cd "$root" && find "$@" -type f ! -name '*.pyc' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum) |
        sha256sum | cut -c1-16
}

step() {
    local name="$1" fingerprint="$2" remedy="$3"
    shift 3
    local stamp="$stamps/${name//[^a-zA-Z0-9]/-}"
    local log="$logs/${name//[^a-zA-Z0-9]/-}.log"
    if [[ -f "$stamp" && "$(<"$stamp")" == "$fingerprint" ]]; then
        return 0
    fi
    mkdir -p "$stamps" "$logs"
    rm -f "$stamp"
    local started=$SECONDS status=0
    # A process group of its own, so that an interrupt ends what the step has started too.
    set -m
    (set -euo pipefail; "$@") >"$log" 2>&1 </dev/null &
    local worker=$!
    set +m
    # shellcheck disable=SC2064  # the worker of now
    trap "kill -- -$worker 2>/dev/null; exit 130" INT TERM
    show_progress "$name" "$worker" "$log"
    wait "$worker" || status=$?
    trap - INT TERM
    if ((status != 0)); then
        report_failure "$name" "$status" "$log" "$remedy"
        exit 1
    fi
    printf 'set-up: %s: done in %d s\n' "$name" $((SECONDS - started)) >&2
    printf '%s\n' "$fingerprint" >"$stamp"
}

# Shows that a step runs, until it ends: one live line on a terminal, a line now and then elsewhere.
show_progress() {
    local name="$1" worker="$2" log="$3" started=$SECONDS next_report=$kReportSeconds line
    [[ -t 2 ]] || printf 'set-up: %s ...\n' "$name" >&2
    while kill -0 "$worker" 2>/dev/null; do
        sleep 0.2
        line="$(tail -n 1 "$log" 2>/dev/null | tr -d '\r' | cut -c1-90 || true)"
        if [[ -t 2 ]]; then
            printf '\r\033[Kset-up: %s: %d s  %s' "$name" $((SECONDS - started)) "${line:0:60}" >&2
        elif ((SECONDS - started >= next_report)); then
            printf 'set-up: %s: %d s  %s\n' "$name" $((SECONDS - started)) "$line" >&2
            next_report=$((next_report + kReportSeconds))
        fi
    done
    [[ -t 2 ]] && printf '\r\033[K' >&2
    return 0
}

report_failure() {
    local name="$1" status="$2" log="$3" remedy="$4"
    {
        printf '\nset-up failed\n  step:    %s\n' "$name"
        printf '  command: %s\n' "$(grep '^+ ' "$log" | tail -n 1 | cut -c3- || true)"
        printf '  status:  %s\n  remedy:  %s\n  log:     %s, which ends:\n' "$status" "$remedy" "${log#"$root"/}"
        tail -n 20 "$log" | sed 's/^/    /'
    } >&2
}

# A failure that needs no log.
fail() {
    local name="$1" reason="$2" remedy="$3"
    printf '\nset-up failed\n  step:    %s\n  reason:  %s\n  remedy:  %s\n' "$name" "$reason" "$remedy" >&2
    exit 1
}
