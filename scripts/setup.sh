#!/usr/bin/env bash
# Makes sure that the tools are there. `setup.sh run` looks for what the demo needs, `setup.sh test` also for what
# the tests need. Debian packages are installed when this user may do so; everything else is named, with the way
# to get it. Nothing outside the package manager is touched.
. "$(dirname "$0")/lib.sh"

purpose=${1:-run}
missing=()
packages=()

# `at_least HAVE WANT`: version numbers compared part by part.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

need_version() { # NAME, WANT, HAVE, HOW
    if [ -z "$3" ]; then
        missing+=("$1 $2 or later is not installed: $4")
    elif ! at_least "$3" "$2"; then
        missing+=("$1 $3 is too old, $2 is needed: $4")
    fi
}

need_package() { # PACKAGE, COMMAND...
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || packages+=("$package")
}

# The browser tests start this one; CHROMIUM names another.
have_chromium() { [ -x "${CHROMIUM:-/usr/bin/chromium}" ]; }

# The server's programs: on PATH, or where Debian puts them.
have_postgres() { command -v initdb || ls /usr/lib/postgresql/*/bin/initdb; }

have_nginx() { PATH=$PATH:/usr/sbin nginx -v; }

need_version Rust 1.95 "$(rustc --version 2>/dev/null | cut -d ' ' -f 2 || true)" "see https://rustup.rs"
command -v cargo >/dev/null || missing+=("cargo is not installed: see https://rustup.rs")
need_version Node.js 20.19 "$(node --version 2>/dev/null | tr -d v || true)" "see https://nodejs.org"
command -v npm >/dev/null || missing+=("npm is not installed: it comes with Node.js")
# The bundled SQLite and the TLS library are compiled from C.
need_package gcc cc --version
need_package libc6-dev test -e /usr/include/stdio.h
if [ "$purpose" = test ]; then
    need_package python3 python3 --version
    need_package python3-venv python3 -c 'import ensurepip, venv'
    need_package chromium have_chromium
    need_package curl curl --version
    # It judges the unit file of docs/.
    need_package systemd systemd-analyze --version
    # For throwaway servers; the one that Debian may start by itself is not used.
    need_package postgresql have_postgres
    # In front of two nodes. Debian puts it where only root looks.
    need_package nginx-light have_nginx
fi

if [ ${#packages[@]} -gt 0 ]; then
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo -n)
    if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
        say "Installing Debian packages: ${packages[*]}"
        log=$(logs_dir)/setup.log
        install() {
            "${as_root[@]}" apt-get update &&
                "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}"
        }
        follow packages "$log" install || {
            tail -n 15 "$log" >&2
            missing+=("these packages could not be installed: ${packages[*]}")
        }
    else
        missing+=("these packages: sudo apt-get install --no-install-recommends ${packages[*]} (or your system's names for them)")
    fi
fi

if [ ${#missing[@]} -gt 0 ]; then
    say "Something is missing:"
    printf '  - %s\n' "${missing[@]}" >&2
    exit 1
fi
