#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The Debian packages in a bare Debian 12: only they and what they depend on are installed; then the
# program predicts, the explorer answers and Python imports the module, without /proc too. Not part
# of the test suite, because it fetches a Debian; needs root and debootstrap.
#
# usage: bare_root_test.sh PACKAGES [ROOT]
#   PACKAGES  folder of .deb files (tools/package.sh: build/package/packages)
#   ROOT      an empty root that is there already; else one is made, and removed afterwards
set -eu
[ $# -ge 1 ] || { sed -n 's/^# \{0,1\}//p' "$0" | tail -n +2; exit 2; }
packages=$(cd "$1" && pwd)
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
folder=$(mktemp -d)
served=""
clean_up() {
  [ -z "$served" ] || kill "$served" 2>/dev/null || true
  ! mountpoint -q "$root/proc" || umount "$root/proc"
  rm -rf "$folder"
}
root=${2:-$folder/root}
trap clean_up EXIT
if [ ! -d "$root" ]; then
  command -v debootstrap >/dev/null || { echo "needs debootstrap"; exit 77; }
  debootstrap --variant=minbase bookworm "$root" >"$folder/debootstrap.log" 2>&1 || { tail "$folder/debootstrap.log"; exit 1; }
fi

# apt as on this machine.
cp /etc/resolv.conf "$root/etc/"
rm -rf "$root/etc/apt/apt.conf.d" "$root/etc/apt/sources.list" "$root/etc/apt/sources.list.d"
for part in apt.conf.d sources.list sources.list.d; do
  [ ! -e "/etc/apt/$part" ] || cp -R "/etc/apt/$part" "$root/etc/apt/"
done
mkdir -p "$root/packages"
cp "$packages"/neuralpower_*.deb "$packages"/python3-neuralpower_*.deb "$root/packages/"
in_root() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }

mount -t proc proc "$root/proc"
in_root apt-get update -q >"$folder/apt.log" 2>&1
in_root sh -c 'apt-get install -y -q --no-install-recommends /packages/*.deb' >>"$folder/apt.log" 2>&1 ||
  { tail -n 30 "$folder/apt.log"; exit 1; }
echo "installed: $(in_root sh -c 'dpkg-query -W -f="\${Installed-Size}\n"' | awk '{ s += $1 } END { printf "%.0f MB in all", s / 1000 }')"

check() {
  network=/usr/share/neuralpower/examples/networks/nin.layers
  in_root neuralpower predict $network --device xeon-gold-5120 | grep "30 of 30 layers covered"
  in_root python3 -c "import neuralpower; p = neuralpower.predict('$network', 'xeon-gold-5120'); print(p.runtime_ms.value, 'ms from Python')"
  rm -f "$folder/address"
  in_root neuralpower explore --port 0 >"$folder/address" 2>"$folder/said" &
  served=$!
  for _ in 1 2 3 4 5 6 7 8 9 10; do [ -s "$folder/address" ] && break; sleep 1; done
  address=$(cut -d' ' -f1 "$folder/address")
  [ -n "$address" ] || { cat "$folder/said"; exit 1; }
  for file in index.html neuralpower.js neuralpower.wasm devices.json devices/xeon-gold-5120.json; do
    in_root python3 -c "import urllib.request; print(len(urllib.request.urlopen('$address$file').read()), 'bytes of $file')"
  done
  kill "$served"
  wait "$served" 2>/dev/null || true
  served=""
}
echo "with /proc"
check
umount "$root/proc"
echo "without /proc"
check
in_root sh -c 'apt-get purge -y -q neuralpower python3-neuralpower' >>"$folder/apt.log" 2>&1
left=$(in_root sh -c 'find /usr /etc /var/lib -path "*euralpower*" -not -path "/var/lib/dpkg/*"')
[ -z "$left" ] || { echo "purging leaves behind: $left"; exit 1; }
echo "works"
