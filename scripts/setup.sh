#!/bin/sh
# Make .venv and install the locked packages into it. Usage: scripts/setup.sh [runtime|dev]
# A stamp in .venv holds the checksum of what was installed, so a second call returns at once.
set -eu
cd "$(dirname "$0")/.."

kind=${1:-runtime}
venv=.venv
python=$venv/bin/python

fail() {
    echo "setup: $*" >&2
    exit 1
}

find_python() {
    for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python3.14 python; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is needed and none was found (set PYTHON to name one)"
}

make_venv() {
    base=$(find_python)
    if "$base" -c 'import ensurepip' 2>/dev/null; then
        "$base" -m venv --clear $venv
    else
        # Debian leaves ensurepip out of its python3; its pip can still install into another environment.
        "$base" -m venv --clear --without-pip $venv
    fi
}

pip_install() {
    if [ -x $venv/bin/pip ]; then
        $python -m pip --disable-pip-version-check install --quiet --no-input "$@"
    else
        "$(find_python)" -m pip --disable-pip-version-check --python $python install --quiet --no-input "$@" ||
            fail "neither ensurepip nor pip is there for $(find_python): install python3-venv or python3-pip"
    fi
}

lock_of() {
    cat requirements-build.txt "$@" pyproject.toml scripts/setup.sh | cksum | tr -d ' '
}

case $kind in
    runtime) lock=requirements.txt ;;
    dev) lock=requirements-dev.txt ;;
    *) fail "unknown kind of environment: $kind" ;;
esac

wanted=$(lock_of $lock)
stamp=$venv/.installed-$kind
# The dev lock holds every runtime pin, so an up-to-date dev environment is a runtime one as well.
if $python -c '' 2>/dev/null; then
    [ "$(cat $stamp 2>/dev/null)" = "$wanted" ] && exit 0
    [ $kind = runtime ] && [ "$(cat $venv/.installed-dev 2>/dev/null)" = "$(lock_of requirements-dev.txt)" ] && exit 0
else
    make_venv
fi

echo "setup: installing the locked packages ($lock) into $venv" >&2
rm -f $venv/.installed-*
pip_install --require-hashes --requirement requirements-build.txt
# Some pins are source archives: they are built with the setuptools installed above, so nothing unlocked is fetched.
pip_install --require-hashes --no-build-isolation --requirement $lock
# (setuptools warns on every editable install that folders may shadow packages: here they are the packages)
PYTHONWARNINGS=ignore pip_install --no-deps --no-build-isolation --editable .
# Compiled once here, every start is quicker, also where Python is told not to write bytecode by itself.
$python -m compileall -q app nlp
echo "$wanted" >$stamp
