#!/bin/sh
# Run a command with a screen: the one there is, or a virtual one, installed if that is allowed.
# Without any, the display tests are left out, and said to be; with REQUIRE_DISPLAY=1 they fail.
set -u

# Xvfb and Mesa; then what Qt's plug-in for X needs.
packages="xvfb xauth libgl1 libgl1-mesa-dri libegl1 libdbus-1-3 libfontconfig1 libglib2.0-0
    libx11-xcb1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1
    libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-sync1 libxcb-xfixes0 libxcb-xkb1"
libraries="libEGL.so.1 libGL.so.1 libdbus-1.so.3 libxkbcommon-x11.so.0 libxcb-cursor.so.0
    libxcb-icccm.so.4 libxcb-image.so.0 libxcb-keysyms.so.1 libxcb-render-util.so.0"

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

complete() {
    [ -n "${DISPLAY:-}" ] || command -v xvfb-run >/dev/null || return 1
    known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null)
    for library in $libraries; do
        case "$known" in *"$library"*) ;; *) return 1 ;; esac
    done
}

if command -v apt-get >/dev/null && ! complete; then
    echo "Installing what the display tests need:" $packages
    (as_root apt-get update && as_root apt-get install --yes --no-install-recommends $packages) \
        >/dev/null 2>&1 || echo "Could not install it here."
fi
if [ -n "${DISPLAY:-}" ]; then
    exec "$@"
fi
if command -v xvfb-run >/dev/null; then
    exec xvfb-run --auto-servernum --server-args="-screen 0 1280x1024x24" "$@"
fi
echo "No screen and no xvfb: the tests marked 'display' cannot run. Install:" $packages
exec "$@"
