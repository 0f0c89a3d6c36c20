#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The documentation as a site (mkdocs.yml), every warning an error.
#
#     setup/site.sh [build | serve] [MKDOCS ARGUMENT...]        default: build, into .cache/site
#
# Arguments are mkdocs' own, as mkdocs build --help has them.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

answer_help "$0" "$@"
command="${1:-build}"
prepare_environment simulator
ensure_site_packages
cd "$root"
# The theme's advertisement of its successor counts as no warning, but looks like one.
NO_MKDOCS_2_WARNING=1 exec mkdocs "$command" --strict "${@:2}"
