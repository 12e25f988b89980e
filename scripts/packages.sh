# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Installs what is missing to build and run. Sourced by demo and check; knows Debian packages and
# how to tell that what they bring is there already, however it came.

# has WHAT: a program on the path, or a library that pkg-config knows.
has()
{
	case $1 in
	lib:*) command -v pkg-config >/dev/null && pkg-config --exists "${1#lib:}" ;;
	file:*) [ -e "${1#file:}" ] ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

# missing_packages PACKAGE=WHAT...: the packages whose WHAT is not there.
missing_packages()
{
	local pair
	for pair in "$@"; do
		has "${pair#*=}" || printf '%s ' "${pair%%=*}"
	done
}

# shellcheck disable=SC2034 # used by the scripts that source this
BUILD_PACKAGES=(
	gcc=gcc libc6-dev=file:/usr/include/stdlib.h meson=meson ninja-build=ninja
	pkg-config=pkg-config python3=python3 'libglib2.0-dev=lib:glib-2.0 >= 2.74'
	'libjansson-dev=lib:jansson >= 2.14' 'libzstd-dev=lib:libzstd >= 1.5' gnuplot-nox=gnuplot
)

# as_root COMMAND...
as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		return 1
	fi
}

# need PACKAGE=WHAT...: installs what is missing, or says what to do and ends the script.
need()
{
	local missing
	missing=$(missing_packages "$@")
	[ -z "$missing" ] && return
	if ! command -v apt-get >/dev/null; then
		echo "missing here (names of Debian packages): $missing" >&2
		echo "This system has no apt-get: please install them and start again." >&2
		exit 4
	fi
	echo "installing: $missing"
	# shellcheck disable=SC2086 # a list of plain words
	if ! { as_root apt-get update -q &&
		as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
			--no-install-recommends $missing; }; then
		echo "cannot install: $missing" >&2
		echo "Run as root, with sudo, or ask your administrator; apt needs the network." >&2
		exit 4
	fi
	missing=$(missing_packages "$@")
	if [ -n "$missing" ]; then
		echo "installed, but still not usable (too old?): $missing" >&2
		exit 4
	fi
}
