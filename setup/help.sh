# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The comment at the head of a script is its help. tests/python/test_help.py holds it to the options that there are.

print_help() {
    sed -n '3,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$1"
}

# answer_help SCRIPT ARGUMENT...: prints the help and ends, if the first argument asks for it.
answer_help() {
    [[ "${2:-}" != --help && "${2:-}" != -h ]] || { print_help "$1"; exit 0; }
}
