#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes a bundle and runs it in an empty root: no shell, no libraries but its own.
# usage: bundle_test.sh REPOSITORY PROGRAM; exit code 77 (skipped) where chroot is not allowed
set -eu
[ "$(id -u)" -eq 0 ] && command -v chroot >/dev/null || { echo "skipped: chroot needs root"; exit 77; }
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
NEURALPOWER=$2 "$1/tools/bundle.sh" "$root/bundle"
loader=$(basename "$(find "$root/bundle/lib" -name 'ld-linux*')")
inside() { chroot "$root" "/bundle/lib/$loader" --library-path /bundle/lib /bundle/bin/neuralpower "$@"; }
mkdir "$root/tmp"
inside --version
inside inspect /bundle/examples/networks/alexnet.layers | tail -n 1
inside backends >/dev/null
# No driver and no CUDA in there: one clear line, exit code 3.
status=0
inside measure /bundle/examples/networks/alexnet.layers --backend cudnn --store /tmp/x.db 2>"$root/error" || status=$?
cat "$root/error"
[ $status -eq 3 ] && grep -q 'no CUDA runtime here' "$root/error"
# As its users start it, outside of the root.
[ "$("$root/bundle/neuralpower" devices | wc -l)" -gt 1 ]
