#!/usr/bin/env bash
# Prints the Python that has the library of the test broker: tests/brokers/environment.sh
# It is made once, in the cache folder, and anew whenever requirements.txt changes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
stamp=$(sha256sum <"$here/requirements.txt" | cut -c1-16)
home=${XDG_CACHE_HOME:-$HOME/.cache}/wolkenamt/brokers
folder=$home/$stamp
if [ ! -e "$folder/ready" ]; then
    mkdir -p "$home"
    exec 9>"$home/lock"
    flock 9
    if [ ! -e "$folder/ready" ]; then
        rm -rf "$folder"
        python3 -m venv "$folder" >&2
        "$folder/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt" >&2
        touch "$folder/ready"
    fi
fi
echo "$folder/bin/python"
