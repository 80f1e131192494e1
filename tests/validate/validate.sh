#!/bin/sh
# Validates XRechnung files with an independent validator (Mustang): validate.sh FILE|DIR…
#
# One line per file: "valid FILE" or "invalid FILE FINDINGS". Exit code 0 if every file is valid without any finding
# that tolerated.txt does not name, 1 if not, 2 if the validator could not run. The jar, the compiled program and the
# verdicts are kept in ${XDG_CACHE_HOME:-$HOME/.cache}/wolkenamt.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
version=2.26.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/wolkenamt/validate
jar=$cache/Mustang-CLI-$version.jar

[ $# -gt 0 ] || { echo "usage: validate.sh FILE|DIR..." >&2; exit 2; }
command -v java >/dev/null && command -v javac >/dev/null || { echo "validate.sh needs a JDK (17 or newer)" >&2; exit 2; }
mkdir -p "$cache"

if [ ! -s "$jar" ]; then
    command -v mvn >/dev/null || { echo "validate.sh needs Maven to fetch the validator once" >&2; exit 2; }
    echo "fetching the validator (59 MB, once)" >&2
    fresh=$(mktemp -d "$cache/fetch.XXXXXX")
    trap 'rm -rf "$fresh"' EXIT
    mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$fresh" >&2 || exit 2
    mv "$fresh/Mustang-CLI-$version.jar" "$jar"
fi

# The verdicts of another validator or program say nothing, so both are part of the folder's name.
program=$(sha256sum "$here/Validate.java" | cut -c1-16)
classes=$cache/classes-$program
verdicts=$cache/verdicts-$version-$program
if [ ! -s "$classes/Validate.class" ]; then
    fresh_classes=$(mktemp -d "$cache/classes.XXXXXX")
    javac -cp "$jar" -d "$fresh_classes" "$here/Validate.java" >&2 || { rm -rf "$fresh_classes"; exit 2; }
    mv -T "$fresh_classes" "$classes" 2>/dev/null || rm -rf "$fresh_classes" # another run was first
fi
mkdir -p "$verdicts"

exec java -Xmx512m -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=off \
    -cp "$classes:$jar" Validate "$verdicts" "$here/tolerated.txt" "$@"
