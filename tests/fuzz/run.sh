#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs fuzzers for a while, quietly, one after the other, and keeps count.
#
# usage: tests/fuzz/run.sh BUILD FOLDER SECONDS [FUZZER...]
#   tests/fuzz/run.sh build/fuzz-fast /var/tmp/fuzz 600 onnx caffe
#
# BUILD is a build of the preset fuzz, fuzz-fast or fuzz-coverage. FOLDER keeps what is found: the
# corpora (FUZZER/corpus), inputs that fail (FUZZER/failed), logs, and counts.tsv with a line a run:
# flavour, fuzzer, executions, seconds, exit code. Several may run on one FOLDER, on different fuzzers.
# Inputs are up to NEURALPOWER_FUZZ_LENGTH bytes long, 2048 if that is not set (of stores, 16384);
# longer seeds are cut.
# The totals of all runs so far are printed; exit code 1 if any run of this call failed.
set -eu
if [ $# -lt 3 ]; then
  sed -n '3,14s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
build=$1 folder=$2 seconds=$3
shift 3
[ $# -gt 0 ] || set -- caffe device_model layers onnx paleo plans profiles samples spaces states \
  stores tables
here=$(cd "$(dirname "$0")" && pwd)
flavour=$(sed -n 's/^NEURALPOWER_FUZZ_FLAVOUR:[A-Z]*=//p' "$build/CMakeCache.txt")
quietly="nice -n 19"
if command -v chrt >/dev/null; then quietly="chrt -i 0 $quietly"; fi

# Keeping rare features apart costs the fast flavour half of its time.
options=
[ "$flavour" != fast ] || options=-entropic=0

failed=0
for fuzzer in "$@"; do
  seeds=$(ls -d "$here/corpus/$fuzzer" "$build/tests/fuzz/seeds/$fuzzer" 2>/dev/null || true)
  length=2048
  [ "$fuzzer" != stores ] || length=16384
  mkdir -p "$folder/$fuzzer/corpus" "$folder/$fuzzer/failed"
  log=$folder/$fuzzer/$flavour-$(date +%s).log
  code=0
  LLVM_PROFILE_FILE=$folder/$fuzzer/%m-%p.profraw $quietly "$build/tests/fuzz/fuzz_$fuzzer" \
    $options -max_total_time="$seconds" -max_len="${NEURALPOWER_FUZZ_LENGTH:-$length}" -timeout=1200 \
    -rss_limit_mb=2048 -reload=0 -print_final_stats=1 -dict="$build/tests/fuzz/seeds/$fuzzer.dict" \
    -artifact_prefix="$folder/$fuzzer/failed/" "$folder/$fuzzer/corpus" $seeds 2>"$log" || code=$?
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  printf '%s\t%s\t%s\t%s\t%s\n' "$flavour" "$fuzzer" "${executions:-0}" "$seconds" "$code" \
    >>"$folder/counts.tsv"
  if [ "$code" -ne 0 ]; then
    failed=1
    echo "fuzz_$fuzzer ended with code $code; see $log and $folder/$fuzzer/failed" >&2
  fi
done
awk -F '\t' '{ runs[$2 " " $1] += $3; all += $3; bad += $5 != 0 }
  END { for (each in runs) printf "%-24s %12d\n", each, runs[each] | "sort"; close("sort")
        printf "%-24s %12d  (%d runs that failed)\n", "all", all, bad }' "$folder/counts.tsv"
exit $failed
