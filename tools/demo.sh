#!/bin/sh
# What NeuralPower exists for, on the machine it runs on: installs what it needs, builds, measures the CPU for about two minutes,
# learns its device model, predicts four networks that were not measured, runs them for real and
# prints both. Everything it makes is in build/demo.
set -eu
cd "$(dirname "$0")/.."
tools/build.sh neuralpower
neuralpower=build/release/neuralpower
out=build/demo
networks="alexnet nin vgg16 resnet50"
mkdir -p "$out"
rm -f "$out"/lab.db*

say() { printf '\n\033[1m%s\033[0m\n\n' "$*"; }
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] || say() { printf '\n== %s\n\n' "$*"; }

say "1. Four networks, written as ONNX files"
files=""
for network in $networks; do
  $neuralpower convert "examples/networks/$network.layers" -o "$out/$network.onnx"
  files="$files $out/$network.onnx"
done

say "2. Measure this CPU for two minutes (no layer of the four networks is measured)"
# shellcheck disable=SC2086
$neuralpower measure --space examples/plans/cpu-two-minutes.plan --exclude $files \
  --store "$out/lab.db" --budget 2m

say "3. Learn this machine's device model"
$neuralpower train "$out/lab.db" --device "this CPU" -o "$out/this-cpu.json"

say "4. Predict a network layer by layer"
$neuralpower predict "$out/alexnet.onnx" --device "$out/this-cpu.json"

say "5. Predict all four, then run them for real, layer by layer and as a whole"
# shellcheck disable=SC2086
$neuralpower compare $files --device "$out/this-cpu.json"

say "6. Runtime, power and energy of the same networks on a device with a power meter"
for network in $networks; do
  $neuralpower predict "$out/$network.onnx" --device xeon-gold-5120 --batch 1,16
done
