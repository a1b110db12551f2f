#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes a folder that runs on another Linux machine of the same processor family without installing
# anything: the program, the back-ends' tests, every library they need down to the C library's
# loader, the shipped device models, plans and example networks. NVIDIA's driver, CUDA, cuDNN and
# cuBLASLt are not in it: they are loaded from the machine it runs on.
#
#   tools/bundle.sh FOLDER        (default: build/bundle)
#
# Environment: NEURALPOWER, the program to bundle (default: build/release/neuralpower, built if
# missing).
#
# FOLDER/neuralpower is a script that starts FOLDER/bin/neuralpower with the libraries of FOLDER/lib.
# The kernels of the openblas and eigen back-ends are compiled for the machine that builds; build
# with -DNEURALPOWER_PLAIN_FLAGS= for one that runs on any.
set -eu
out=$(realpath -m "${1:-$(dirname "$0")/../build/bundle}")
cd "$(dirname "$0")/.."
build=build/release
program=${NEURALPOWER:-$build/neuralpower}
suite=$(dirname "$program")/library/measure/backends/neuralpower_measure_backends_test
[ -x "$program" ] || { cmake --preset release && cmake --build --preset release --target neuralpower; }
rm -rf "$out.new"
mkdir -p "$out.new/bin" "$out.new/lib" "$out.new/share"
cp "$program" "$out.new/bin/"
[ ! -x "$suite" ] || cp "$suite" "$out.new/bin/"
strip "$out.new"/bin/* 2>/dev/null || true

# Everything ldd names, the loader too: an older C library of the other machine must not be mixed
# with ours, so the program is started by our loader. Programs are never linked to NVIDIA's.
loader=""
for file in "$out.new"/bin/*; do
  ldd "$file" | grep -q 'not found' && { echo "bundle: $file misses a library here" >&2; exit 3; }
  for library in $(ldd "$file" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (0x.*/\1/p'); do
    case $library in
      */ld-linux* | */ld-musl*) loader=$(basename "$library") ;;
    esac
    [ -e "$out.new/lib/$(basename "$library")" ] || cp -L "$library" "$out.new/lib/"
  done
done
[ -n "$loader" ] || { echo "bundle: the programs name no loader" >&2; exit 3; }
# The driver's library and CUDA's are opened by name at run time and need these of the C library.
for name in libdl.so.2 libpthread.so.0 librt.so.1; do
  directory=$(dirname "$(ldd "$program" | sed -n 's/.*libc\.so\.6 => \(\/[^ ]*\).*/\1/p')")
  [ ! -e "$directory/$name" ] || cp -L "$directory/$name" "$out.new/lib/"
done

for name in neuralpower neuralpower_measure_backends_test; do
  [ -e "$out.new/bin/$name" ] || continue
  cat >"$out.new/$name" <<END
#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
here=\$(cd "\$(dirname "\$0")" && pwd)
export NEURALPOWER_DEVICES="\${NEURALPOWER_DEVICES:-\$here/share/devices}"
exec "\$here/lib/$loader" --library-path "\$here/lib\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}" "\$here/bin/$name" "\$@"
END
  chmod +x "$out.new/$name"
done
cp -r devices "$out.new/share/"
cp -r examples tools "$out.new/"
mkdir -p "$out.new/tests/networks"
cp -r tests/networks/torch "$out.new/tests/networks/"
rm -rf "$out"
mv "$out.new" "$out"
du -sh "$out" | sed 's/[[:space:]].*/ in/' | tr '\n' ' '
echo "$out"
