#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Measures an NVIDIA GPU: checks the back-end's numbers against the naive reference, finds out how
# the power meter behaves, measures layers in f32, TF32 and f16 with runtime and power, then whole
# networks, and writes everything into one folder. The card's settings are never touched.
#
#   tools/gpu-campaign.sh OUT [check] [meter] [layers] [networks] [export]
#
# Without steps, all of them, in about ten minutes. Every step goes on where it was stopped: run the
# same command again. Environment:
#   NEURALPOWER   the program             (default: build/release/neuralpower, built if missing)
#   SUITE         the back-ends' tests    (default: beside the program in a bundle, or in the build)
#   POWER, RUNTIME, NETWORKS              time for layers with power, for more layers without, and
#                                         for networks (defaults 230s, 150s, 150s)
#   UPDATES       of the meter that a window with power spans (default: 1 to 3, by what the step
#                 `meter` found)
#   MODELS        network files           (default: thirteen of examples/ and tests/)
#   CUDA_LIBRARIES  folders of libcudart, libcudnn and libcublasLt, colon-separated (default: where
#                 the system has them, else the wheels of python3)
# Exit code 3: no GPU, or something that it needs is missing.
set -eu
[ $# -ge 1 ] || { echo "usage: tools/gpu-campaign.sh OUT [check] [meter] [layers] [networks] [export]" >&2; exit 2; }
out=$(realpath -m "$1")
shift
cd "$(dirname "$0")/.."
steps=${*:-check meter layers networks export}
mkdir -p "$out"

say() { printf '\n== %s (%s s)\n\n' "$*" "$(($(date +%s) - start))"; }
start=$(date +%s)

program=${NEURALPOWER:-build/release/neuralpower}
if [ ! -x "$program" ]; then
  cmake --preset release
  cmake --build --preset release --target neuralpower neuralpower_measure_backends_test
fi
suite=${SUITE:-}
if [ -z "$suite" ]; then
  for file in "$(dirname "$program")/neuralpower_measure_backends_test" \
    build/release/library/measure/backends/neuralpower_measure_backends_test; do
    [ -x "$file" ] && suite=$file && break
  done
fi

# Python's wheels keep each library in a folder of its own.
wheels() {
  python3 - <<'END' 2>/dev/null || true
import glob, os, site, sys
folders = set()
for root in set(site.getsitepackages() + [site.getusersitepackages()] + sys.path):
    for name in ("libcudart.so.*", "libcudnn.so.*", "libcublasLt.so.*"):
        for file in glob.glob(os.path.join(root, "nvidia", "*", "lib", name)):
            folders.add(os.path.dirname(file))
print(":".join(sorted(folders)))
END
}
cuda=${CUDA_LIBRARIES:-}
[ -n "$cuda" ] || cuda=$(wheels)
# Libraries of one wheel look for those of the others.
[ -z "$cuda" ] || export LD_LIBRARY_PATH="$cuda${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
gpu="--backend cudnn --meter ${METER:-nvml}"
[ -z "${FAKE:-}" ] || gpu="$gpu --cuda-libraries $FAKE"
store="$out/lab.db"
if [ -n "${MODELS:-}" ]; then
  models=$MODELS
else
  models=""
  for name in alexnet nin overfeat vgg11 vgg16 resnet50 cifar10_6conv; do
    models="$models examples/networks/$name.layers"
  done
  for name in resnet18.opset13.preserve mobilenet_v2.opset10.preserve googlenet.opset11.preserve \
    densenet121.opset13.preserve squeezenet1_1.opset12.dynamic vit_b_32.opset13.rebatch; do
    models="$models tests/networks/torch/$name.onnx"
  done
fi
batches=${BATCHES:-1,8,64}

check() {
  [ ! -e "$out/numerics.ok" ] || { echo "the numbers were checked before"; return 0; }
  [ -x "$suite" ] || { echo "gpu-campaign: the back-ends' tests are not built" >&2; exit 3; }
  status=0
  NEURALPOWER_TEST_GPU=1 "$suite" \
    --gtest_filter='*AgreesWithTheReference*cudnn:*TheInputs*cudnn:*Cycling*cudnn' \
    >"$out/numerics.txt" 2>&1 || status=$?
  tail -n 20 "$out/numerics.txt"
  if [ $status -eq 0 ]; then
    touch "$out/numerics.ok"
  else
    echo "gpu-campaign: numbers differ from the reference ($out/numerics.txt); measuring goes on" >&2
  fi
}

meter() {
  [ ! -e "$out/meter.json" ] || { echo "the meter was examined before"; return 0; }
  # shellcheck disable=SC2086
  "$program" characterise $gpu --compare-with "${METER_OTHER:-nvml-power}" --store "$store" \
    -o "$out/meter.json" ||
    "$program" characterise $gpu --store "$store" -o "$out/meter.json" ||
    echo "gpu-campaign: the meter could not be examined; its defaults are used" >&2
}

# How many of the meter's updates a window spans: as many as leave time for a thousand layers. A
# window begins and ends on an update, so that one is enough where updates are rare (100 ms).
updates() {
  period=$(sed -n 's/.*"update_period_ms": *\([0-9]*\).*/\1/p' "$out/meter.json" 2>/dev/null | head -n 1)
  if [ "${period:-100}" -le 30 ]; then echo 3; elif [ "${period:-100}" -le 60 ]; then echo 2; else echo 1; fi
}

layers() {
  meter_updates=${UPDATES:-$(updates)}
  echo "windows with power span $meter_updates updates of the meter"
  plan=${PLAN:-examples/plans/gpu-ten-minutes.plan}
  common="$gpu --space $plan --dtype f32,tf32,f16 --store $store"
  # As far as the time reaches with power, evenly over the plan; then the rest without.
  # shellcheck disable=SC2086
  "$program" measure $common --metered-repetitions 1 --meter-updates "$meter_updates" \
    --repetitions 5 --max-repetitions 11 \
    --budget "${POWER:-230s}"
  # shellcheck disable=SC2086
  "$program" measure $common --metered-repetitions 0 --repetitions 5 --max-repetitions 11 \
    --budget "${RUNTIME:-150s}"
}

networks() {
  # shellcheck disable=SC2086
  "$program" measure $models --whole --batch "$batches" --dtype f32,f16 $gpu --store "$store" \
    --meter-updates 5 --budget "${NETWORKS:-150s}"
}

export_all() {
  "$program" samples export "$store" -o "$out/samples.csv"
  "$program" samples networks "$store" -o "$out/networks.csv"
}

for step in $steps; do
  case $step in
    check) say "numbers against the reference" && check ;;
    meter) say "the power meter" && meter ;;
    layers) say "layers" && layers ;;
    networks) say "whole networks" && networks ;;
    export) say "CSV" && export_all ;;
    *) echo "gpu-campaign: no step '$step'" >&2 && exit 2 ;;
  esac
done
say "done, in $out"
