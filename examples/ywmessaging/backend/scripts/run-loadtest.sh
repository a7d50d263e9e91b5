#!/usr/bin/env bash
# Run one scenario of loadtest.k6.js and keep its summary in backend/k6-results/.
#
#   scripts/run-loadtest.sh                smoke
#   scripts/run-loadtest.sh spike -v       one of: smoke, load, spike, soak, conversation; then options of the runner
#
# BASE_URL, CHURCH_ID and ADMIN_TOKEN go to the test. RUNNER is the command, `swell k6 run` by default;
# `RUNNER="k6 run"` takes k6. The exit code is the test's.
set -eu
cd "$(dirname "$0")/.."

scenario=${1:-smoke}
[ $# -eq 0 ] || shift
case $scenario in
  smoke | load | spike | soak | conversation) ;;
  *) echo "no such scenario: $scenario (smoke, load, spike, soak, conversation)" >&2; exit 2 ;;
esac

mkdir -p k6-results
# shellcheck disable=SC2086 - the runner is several words
SCENARIO=$scenario exec ${RUNNER:-swell k6 run} --summary-export "k6-results/$scenario.json" "$@" scripts/loadtest.k6.js
