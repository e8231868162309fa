# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the scripts share; sourced by them, after `set -euo pipefail`. Sets top, the checkout's folder.

top=$(readlink -f -- "${BASH_SOURCE[0]}")
top=${top%/scripts/common.sh}
packages_file=$top/scripts/packages

say() {
	printf '==> %s\n' "$*"
}

fail() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# packages_of SECTION...: the packages of these sections of scripts/packages, one a line.
packages_of() {
	local section
	for section in "$@"; do
		awk -v want="[$section]" '
			/^\[/ { inside = ($1 == want); seen += inside; next }
			{ sub(/#.*/, "") }
			inside && NF { print $1 }
			END { exit !seen }' "$packages_file" ||
			fail "$packages_file has no section [$section]"
	done
}

package_is_installed() {
	[ "$(dpkg-query -W -f='${db:Status-Status}\n' "$1" 2>/dev/null | sort -u | head -n 1)" = installed ]
}

# as_root COMMAND...: runs it as root, through sudo where need be; without a terminal sudo must not ask.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif [ -t 0 ]; then
		sudo -- "$@"
	else
		sudo -n -- "$@"
	fi
}

apt_get() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 \
		-o Dpkg::Use-Pty=0 "$@" </dev/null
}

# Whether apt got lists of packages within the last day (their mtime is the mirror's, not ours).
apt_lists_are_fresh() {
	[ -n "$(find /var/lib/apt/lists -maxdepth 1 -type f -name '*Packages*' -ctime -1 2>/dev/null |
		head -n 1)" ]
}

# install_packages SECTION...: installs what is missing; asks apt nothing where nothing is.
install_packages() {
	local package list by_hand
	local -a missing=()
	list=$(packages_of "$@")
	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		say "This is no Debian or Ubuntu; these packages, or their like, must be there:" \
			"$(tr '\n' ' ' <<<"$list")"
		return
	fi
	for package in $list; do
		package_is_installed "$package" || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	by_hand="apt-get update && apt-get install --no-install-recommends ${missing[*]}"
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
		fail "packages are missing and there is no sudo; as root, run: $by_hand"
	fi
	say "Installing ${missing[*]}"
	apt_lists_are_fresh || apt_get update || fail "apt-get failed; as root, try: $by_hand"
	apt_get install -y --no-install-recommends "${missing[@]}" ||
		fail "apt-get failed; as root, try: $by_hand"
}

# build_in FOLDER [CONFIGURE-OPTION...]: configures (once) and builds out of tree, as whoever calls.
build_in() {
	local folder=$1
	shift
	mkdir -p -- "$folder" || fail "cannot make the folder $folder"
	if [ ! -w "$folder" ] || { [ -e "$folder/Makefile" ] && [ ! -w "$folder/Makefile" ]; }; then
		fail "$folder belongs to somebody else: remove it, or run this as that user"
	fi
	if [ ! -x "$top/configure" ]; then
		[ -w "$top" ] || fail "$top cannot be written to, and ./configure is to be made there"
		say "Making ./configure"
		(cd -- "$top" && ./autogen.sh)
	fi
	if [ ! -f "$folder/Makefile" ]; then
		say "Configuring in $folder"
		# A path with spaces is fine for the tools as long as the sources are named relatively.
		(cd -- "$folder" && "$(realpath --relative-to=. -- "$top")/configure" -q "$@")
	fi
	say "Building in $folder"
	make -C "$folder" --no-print-directory -j"$(nproc)"
}

# check_in FOLDER [MAKE-ARGUMENT...]: builds and runs every test. Two at once and not more: they measure time.
check_in() {
	local folder=$1
	shift
	say "Testing in $folder"
	make -C "$folder" --no-print-directory -j2 check VERBOSE=1 "$@"
}

# test_counts LOG: what automake's closing summary in a log says, as "PASSED FAILED SKIPPED".
# A failed run prints its summary more than once; the last one counts. No summary: nothing at all.
test_counts() {
	awk '/^# (TOTAL|PASS|XFAIL|FAIL|XPASS|ERROR|SKIP): / { count[$2] = $3; seen = 1 }
		END { if (!seen) exit 1
			print count["PASS:"] + count["XFAIL:"],
				count["FAIL:"] + count["XPASS:"] + count["ERROR:"], count["SKIP:"] + 0 }' "$1"
}
