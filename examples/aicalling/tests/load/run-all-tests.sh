#!/usr/bin/env bash
# Run all load tests, one after the other: smoke (1 VU, 30s), average (10 VU, 5m), stress (50 VU, 10m).
#
#   ./run-all-tests.sh               all three profiles, about 80 minutes
#   ./run-all-tests.sh smoke         one of: smoke, average, stress, spike, soak
#
# API_URL and API_KEY go to the tests. RUNNER is the command, `swell k6 run` by default; `RUNNER="k6 run"` takes k6.
# Summaries go to results/. The exit code is 0 if every test has met its thresholds, otherwise 1.
set -u
cd "$(dirname "$0")" || exit 1

RUNNER=${RUNNER:-swell k6 run}
TESTS=(health-check bulk-import analytics-load scheduling-load full-system)
PROFILES=("$@")
[ ${#PROFILES[@]} -gt 0 ] || PROFILES=(smoke average stress)

flags_of() {
  case $1 in
    smoke) echo --vus 1 --duration 30s ;;
    average) echo --vus 10 --duration 5m ;;
    stress) echo --vus 50 --duration 10m ;;
    spike) echo --vus 1 --stage 30s:1 --stage 30s:100 --stage 30s:1 ;;
    soak) echo --vus 20 --duration 1h ;;
    *) return 1 ;;
  esac
}

for profile in "${PROFILES[@]}"; do
  flags_of "$profile" >/dev/null || { echo "no such profile: $profile (smoke, average, stress, spike, soak)" >&2; exit 2; }
done

mkdir -p results
failed=()
for profile in "${PROFILES[@]}"; do
  for test in "${TESTS[@]}"; do
    echo "== $test, $profile"
    # shellcheck disable=SC2046,SC2086 - the runner and the flags are several words
    $RUNNER $(flags_of "$profile") --summary-export "results/$test-$profile.json" "$test.js"
    code=$?
    [ $code -eq 0 ] || failed+=("$test, $profile: exit code $code")
    [ $code -ne 130 ] && [ $code -ne 105 ] || break 2 # stopped by hand
  done
done

if [ ${#failed[@]} -gt 0 ]; then
  printf 'failed: %s\n' "${failed[@]}"
  exit 1
fi
echo "all passed"
