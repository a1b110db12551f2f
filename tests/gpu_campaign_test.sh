#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tools/gpu-campaign.sh on a stand-in GPU and a stand-in meter of 300 W: layers with power, layers
# without, whole networks, and the CSV files.
#
#   gpu_campaign_test.sh REPOSITORY PROGRAM FAKE_CUDA FAKE_NVML
set -eu
repository=$1 program=$2 cuda=$3 nvml=$4
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
mkdir "$out/driver"
ln -s "$nvml" "$out/driver/libnvidia-ml.so.1"
cat >"$out/small.plan" <<END
seed 1
layer conv batch=1 in=8x8x8 out=8 kernel=3 pad=1
layer conv batch=1 in=8x8x8 out=16 kernel=3 pad=1
layer conv batch=2 in=8x8x8 out=8 kernel=3 pad=1
layer conv batch=2 in=8x8x8 out=16 kernel=3 pad=1
layer activation mode=relu batch=1 in=64
END
cat >"$out/small.layers" <<END
image: input batch=1 in=3x8x8
conv1: conv out=8 kernel=3 pad=1
relu1: activation mode=relu
fc1: fc out=10
END
run() {
  LD_LIBRARY_PATH="$out/driver" FAKE_NVML_CLOCKWORK=300 FAKE="$cuda" NEURALPOWER="$program" \
    PLAN="$out/small.plan" MODELS="$out/small.layers" BATCHES=1 \
    POWER=4s RUNTIME=30s NETWORKS=10s "$repository/tools/gpu-campaign.sh" "$out/lab" "$@"
}
fail() {
  echo "gpu_campaign_test: $*" >&2
  exit 1
}
run layers networks export
run layers networks export  # once more: nothing is measured twice
# Four convolutions in f32, TF32 and f16, the activation in two of them.
rows=$(tail -n +2 "$out/lab/samples.csv" | cut -d, -f1 | sort -u | wc -l)
[ "$rows" -eq 14 ] || fail "$rows layers instead of 14"
watts=$(tail -n +2 "$out/lab/samples.csv" | cut -d, -f7 | grep -v '^$' | head -n 1)
[ "${watts%%.*}" -ge 250 ] && [ "${watts%%.*}" -le 350 ] || fail "a power of '$watts' W instead of 300"
[ "$(tail -n +2 "$out/lab/networks.csv" | cut -d, -f1 | sort -u | wc -l)" -eq 2 ] || fail "no networks"
[ "$(ls "$out/lab" | wc -l)" -lt 8 ] || fail "more than seven files"
