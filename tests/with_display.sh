#!/bin/sh
# Run a command with a screen: the one there is, or a virtual one, installed if that is allowed.
# Without any, the display tests are left out, and said to be; with REQUIRE_DISPLAY=1 they fail.
set -u

packages="xvfb xauth libgl1 libgl1-mesa-dri libegl1"

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

if [ -n "${DISPLAY:-}" ]; then
    exec "$@"
fi
if ! command -v xvfb-run >/dev/null && command -v apt-get >/dev/null; then
    echo "Installing a virtual screen for the display tests: $packages"
    (as_root apt-get update && as_root apt-get install --yes --no-install-recommends $packages) \
        >/dev/null 2>&1 || echo "Could not install it here."
fi
if command -v xvfb-run >/dev/null; then
    exec xvfb-run --auto-servernum --server-args="-screen 0 1280x1024x24" "$@"
fi
echo "No screen and no xvfb: the tests marked 'display' cannot run. Install: $packages"
exec "$@"
