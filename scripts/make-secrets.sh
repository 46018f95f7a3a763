#!/bin/sh
# Make the secrets that compose.yaml hands to its containers, once; those that are there stay as they are.
set -eu
cd "$(dirname "$0")/.."

mkdir -p secrets
# The folder keeps other users of this machine out; the files are read inside the containers by users of their own.
chmod 700 secrets

random() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

keep() {
    [ -s "secrets/$1" ] || printf '%s\n' "$2" >"secrets/$1"
    chmod 444 "secrets/$1"
}

keep postgres_password "$(random)"
keep database_url "postgresql://xinlu:$(cat secrets/postgres_password)@database:5432/xinlu"
keep xinlu_secret "$(random)"
echo "secrets/ is ready"
