#!/bin/sh
# Resolve pyproject.toml into the three hash-locked requirements files.
# Usage: scripts/lock.sh [--upgrade]   (without it, pins that still fit are kept)
set -eu
cd "$(dirname "$0")/.."

workspace=$(mktemp -d)
trap 'rm -rf "$workspace"' EXIT INT TERM
"${PYTHON:-python3}" -m venv "$workspace/venv"
"$workspace/venv/bin/python" -m pip install --quiet --disable-pip-version-check uv

compile() {
    output=$1
    shift
    # The locks must install from any index, so nothing about this machine's indexes may reach them.
    env -u PIP_FIND_LINKS -u UV_FIND_LINKS "$workspace/venv/bin/uv" pip compile "$@" \
        --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header --output-file "$output"
    if grep -nE '://|^--|^-[a-z]| @ ' "$output"; then
        echo "lock: $output names a host, a path or an option (above)" >&2
        exit 1
    fi
}

compile requirements-build.txt --group pyproject.toml:build "$@"
compile requirements.txt pyproject.toml "$@"
compile requirements-dev.txt pyproject.toml --group dev --constraint requirements.txt "$@"
