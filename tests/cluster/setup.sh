#!/usr/bin/env bash
# Installs the Debian packages that `make run` and `make test` need, where it may; otherwise says what to type.
# Quiet and instant when nothing is missing.
set -euo pipefail

packages=(
  runc containernetworking-plugins nftables iproute2 kmod  # the node
  postgresql-15 postgresql-client-15 libpq-dev             # the private database, and the programs of the database image
  qemu-system-x86 openssh-client                           # virtual machines, and the customer who signs in
  busybox-static dropbear-bin syslinux syslinux-common mtools dosfstools fdisk cpio e2fsprogs  # the disk that they start from
  openssl jq curl ca-certificates util-linux procps        # certificates and scripts
  chromium                                                 # the browser test
  gcc mold pkg-config                                      # linking the Rust programs
  python3-venv                                             # the service broker of the tests, from its library
  python3-aiosmtpd                                         # the mail server of the demonstration and the tests
)

present=" $(dpkg-query -W -f '${Package}=${db:Status-Status} ' "${packages[@]}" 2>/dev/null || true)"
missing=()
for package in "${packages[@]}"; do
  case $present in *" $package=installed "*) ;; *) missing+=("$package") ;; esac
done
[ ${#missing[@]} = 0 ] && exit 0

# Debian's package would create and start a cluster on port 5432: the machine's own database is not ours to make.
switch=/etc/postgresql-common/createcluster.conf
keep_quiet="mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' > $switch"
if [ "$(id -u)" != 0 ]; then
  prefix=""
  [ -e "$switch" ] || prefix="$keep_quiet && "
  echo "missing Debian packages; please run:"
  echo "  sudo sh -c \"${prefix}apt-get update && apt-get install -y --no-install-recommends ${missing[*]}\""
  exit 1
fi

echo "installing Debian packages: ${missing[*]}" >&2
# An administrator who already configured this file keeps that configuration; a line of ours goes at its end.
if ! grep -qs '^ *create_main_cluster *= *false' "$switch"; then
  mkdir -p "${switch%/*}"
  if dpkg-query -W postgresql-common >/dev/null 2>&1; then echo 'create_main_cluster = false' >>"$switch"; else echo 'create_main_cluster = false' >"$switch"; fi
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >&2
apt-get install -y -q --no-install-recommends -o Dpkg::Options::=--force-confold "${missing[@]}" >&2
