#!/usr/bin/env bash
# Builds hawser and the reference programs, runs scenarios of the lab and publishes their results.
#
#     bench/suite.sh                    every scenario that is compared with other programs: about 50 minutes
#     bench/suite.sh growth             the table of models in README.md: about 17 minutes
#     bench/suite.sh NAME...            these scenarios
#     bench/suite.sh --try NAME...      one short round of each, into artifacts/suite, from any tree
#
# Publishing needs a clean tree, and a machine without other work.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scenarios=(rate pipelined churn idle burst observed observed-churn metrics aspnet start message upload numbers clock)
try=no
if [ "${1:-}" = --try ]; then
    try=yes
    shift
fi
[ $# -eq 0 ] || scenarios=("$@")

dotnet publish src/Hawser.App -c Release -o artifacts/suite/hawser --nologo -v q
dotnet publish bench/reference/empty -c Release -o artifacts/suite/empty --nologo -v q
dotnet build bench/reference/kestrel -c Release --nologo -v q
for folder in ping accept; do
    make -s -C "bench/reference/$folder" || echo "WARNING: the servers in C are left out: make or gcc is missing" >&2
done

failed=()
for scenario in "${scenarios[@]}"; do
    echo "== $scenario" >&2
    if [ $try = yes ]; then
        options=(--rounds 1 --spoiled-at none --out "artifacts/suite/$(date +%Y%m%d-%H%M%S)-$scenario")
    else
        options=(--publish)
    fi
    artifacts/suite/hawser/hawser lab --scenario "$scenario" "${options[@]}" || failed+=("$scenario ($?)")
done
[ $try = yes ] || artifacts/suite/hawser/hawser lab pages
[ ${#failed[@]} -eq 0 ] || { echo "ERROR: failed: ${failed[*]}" >&2; exit 1; }
