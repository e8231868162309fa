# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Shared by the scripts, which source it after `set -euo pipefail`. Sets top, the checkout's folder.

top=$(readlink -f -- "${BASH_SOURCE[0]}")
top=${top%/scripts/common.sh}
packages_file=$top/scripts/packages

say() {
	printf '==> %s\n' "$*"
}

warn() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

fail() {
	warn "$@"
	exit 1
}

# The sections of scripts/packages, on one line.
sections() {
	awk -F '[][]' '/^\[/ { printf "%s%s", gap, $2; gap = " " } END { print "" }' "$packages_file"
}

# packages_of SECTION...: the packages in these sections of scripts/packages, one per line.
packages_of() {
	local section unknown='' known
	known=" $(sections) "
	for section in "$@"; do
		[[ $known == *" $section "* ]] || unknown+=" $section"
	done
	[ -z "$unknown" ] || fail "scripts/packages has no section$unknown; it has:${known% }"
	for section in "$@"; do
		awk -v want="[$section]" '
			/^\[/ { inside = ($1 == want); next }
			{ sub(/#.*/, "") }
			inside && NF { print $1 }' "$packages_file"
	done
}

# project KEY: what packaging/project says of it.
project() {
	sed -n "s/^$1=//p" "$top/packaging/project" | grep . || fail "packaging/project does not say its $1"
}

package_is_installed() {
	[ "$(dpkg-query -W -f='${db:Status-Status}\n' "$1" 2>/dev/null | sort -u | head -n 1)" = installed ]
}

# The mirror of Debian that this machine's apt uses; it has every release.
apt_mirror() {
	# shellcheck disable=SC2016 # apt expands these.
	apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		awk '$1 == "Debian" && $2 !~ /-/ && $3 == "main" && !seen++ { print $4 }' | grep . ||
		fail "apt's configuration names no mirror of Debian"
}

# need SECTIONS TOOL...: fails unless these are there, and names the sections of scripts/packages that install them.
need() {
	local sections=$1 tool
	shift
	for tool; do
		command -v "$tool" >/dev/null || fail "$tool is missing: scripts/install-packages $sections installs it"
	done
}

# git_here ARGUMENT...: git in the checkout, whomever that belongs to.
git_here() {
	command -v git >/dev/null || fail "git is missing"
	git -c safe.directory='*' -C "$top" "$@"
}

# clone_checkout FOLDER: what is committed. The other end is a git of its own, with rules of its own on whom to trust.
clone_checkout() {
	git_here clone -q --no-hardlinks --upload-pack="git -c safe.directory='*' upload-pack" -- "$top" "$1"
}

# copy_checkout FOLDER [TAR-OPTION...]: what a clone would have of the checkout, with its changes and new files.
copy_checkout() {
	local folder=$1
	shift
	mkdir -p -- "$folder"
	git_here ls-files -z --cached --others --exclude-standard |
		(cd -- "$top" && while IFS= read -r -d '' file; do
			[ ! -e "$file" ] || printf './%s\0' "$file"
		done) | tar -c "$@" -C "$top" --null -T - -f - | tar -x -C "$folder" -f -
}

# make_system CODENAME FOLDER LOG: a minimal Debian of that release.
make_system() {
	local mirror
	mirror=$(apt_mirror) || exit
	say "Making a minimal $1 in $2"
	mkdir -p -- "$2"
	chmod 755 -- "$2" # Open to everybody: some tests run programs as nobody.
	debootstrap --variant=minbase "$1" "$2" "$mirror" >"$3" 2>&1 ||
		{ tail -n 20 -- "$3"; fail "debootstrap failed"; }
	cp -L /etc/resolv.conf /etc/hosts "$2/etc/"
}

# The environment of commands in such a system.
system_environment=(HOME=/root TERM=dumb LANG=C.UTF-8 ${http_proxy:+"http_proxy=$http_proxy"}
	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)

# in_system ROOT FOLDER [NAME=VALUE...] COMMAND...: runs it in that folder of the system, with processes and mounts of
# its own.
in_system() {
	local root=$1 folder=$2
	shift 2
	# shellcheck disable=SC2016 # The inner shell expands these.
	unshare --mount --pid --fork --kill-child -- sh -euc '
		root=$1
		shift
		mount -t proc proc "$root/proc"
		mount --rbind /dev "$root/dev"
		exec chroot "$root" "$@"' sh "$root" env -i -C "$folder" "${system_environment[@]}" "$@" </dev/null
}

# as_root COMMAND...: runs it as root, through sudo if necessary; without a terminal sudo must not ask.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif [ -t 0 ]; then
		sudo -- "$@"
	else
		sudo -n -- "$@"
	fi
}

# apt-get reads nothing, but sudo may ask at the terminal.
apt_get() {
	# shellcheck disable=SC2016 # The inner shell expands it.
	as_root sh -c 'exec "$@" </dev/null' sh env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
		apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}

# Whether apt fetched package lists within the last day (their mtime is the mirror's, so ctime it is).
apt_lists_are_fresh() {
	[ -n "$(find /var/lib/apt/lists -maxdepth 1 -type f -name '*Packages*' -ctime -1 2>/dev/null |
		head -n 1)" ]
}

# Fetches apt's package lists. If a source cannot be reached, perhaps one of a third party, the lists of the others, or
# those of last time, may do. Unlike an installation, apt-get does not wait for a lock.
update_apt_lists() {
	local errors what tries=60
	until { errors=$(apt_get update 2>&1 >&3); } 3>&1; do
		if [[ $errors == *'Could not get lock'* ]] && [ "$((tries -= 1))" -gt 0 ]; then
			[ "$tries" -lt 59 ] || say "Waiting for another program that updates apt's package lists"
			sleep 5
			continue
		fi
		what=$(sed -n '/^E: Some index files failed/d; s/^E: //p' <<<"$errors" | paste -s -d ' ')
		warn "going on with the package lists at hand, as apt-get update failed: ${what:-${errors##*$'\n'}}"
		return
	done
	[ -z "$errors" ] || printf '%s\n' "$errors" >&2
}

# install_packages SECTION...: installs what is missing; does not touch apt if nothing is.
install_packages() {
	local package list by_hand
	local -a missing=()
	list=$(packages_of "$@")
	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		say "This system is not Debian or Ubuntu; these packages, or their equivalents, must be installed:" \
			"$(tr '\n' ' ' <<<"$list")"
		return
	fi
	for package in $list; do
		package_is_installed "$package" || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	by_hand="apt-get update; apt-get install --no-install-recommends ${missing[*]}"
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
		fail "packages are missing and sudo is not installed; as root, run: $by_hand"
	fi
	say "Installing ${missing[*]}"
	apt_lists_are_fresh || update_apt_lists
	apt_get install -y --no-install-recommends "${missing[@]}" ||
		fail "apt-get failed; as root, try: $by_hand"
}

# build_in FOLDER [CONFIGURE-OPTION...]: configures (once) and builds out of tree, as the calling user.
build_in() {
	local folder=$1
	shift
	mkdir -p -- "$folder" || fail "cannot create the folder $folder"
	if [ ! -w "$folder" ] || { [ -e "$folder/Makefile" ] && [ ! -w "$folder/Makefile" ]; }; then
		fail "$folder belongs to another user: remove it, or run this as that user"
	fi
	if [ ! -x "$top/configure" ]; then
		[ -w "$top" ] || fail "$top is not writable, and ./configure has to be made there"
		say "Making ./configure"
		local said
		# What the tools say while all goes well helps nobody.
		said=$(cd -- "$top" && ./autogen.sh 2>&1) || fail "autogen.sh failed:
$said"
	fi
	if [ ! -f "$folder/Makefile" ]; then
		say "Configuring in $folder"
		# The tools cope with spaces in the path as long as the sources are named relatively.
		(cd -- "$folder" && "$(realpath --relative-to=. -- "$top")/configure" -q "$@")
	fi
	say "Building in $folder"
	make -C "$folder" --no-print-directory -j"$(nproc)"
}

# check_in FOLDER [MAKE-ARGUMENT...]: builds and runs every test. No more than two at once: they measure time.
check_in() {
	local folder=$1
	shift
	say "Testing in $folder"
	make -C "$folder" --no-print-directory -j2 check VERBOSE=1 "$@"
}

# test_counts LOG: automake's closing summary in a log, as "PASSED FAILED SKIPPED".
# A failed run prints its summary more than once; the last one counts. Without a summary: nothing.
test_counts() {
	awk '/^# (TOTAL|PASS|XFAIL|FAIL|XPASS|ERROR|SKIP): / { count[$2] = $3; seen = 1 }
		END { if (!seen) exit 1
			print count["PASS:"] + count["XFAIL:"],
				count["FAIL:"] + count["XPASS:"] + count["ERROR:"], count["SKIP:"] + 0 }' "$1"
}

# scenario_counts LOG: what the system tests' closing lines in a log add up to, as "PASSED RETRIED".
# The output of a test that failed is shown twice: the same line counts once. No such line: nothing.
scenario_counts() {
	awk '/^SCENARIOS: / && !seen[$0]++ { passed += $3; retried += $5; any = 1 }
		END { if (!any) exit 1
			print passed, retried }' "$1"
}

# second_tries LOG: the scenarios of a log that were run again, each once, with the first failure.
second_tries() {
	awk '/^RETRY: / && !seen[$2 $3]++' "$1"
}

# few_second_tries LOG MOST: fails where more scenarios than that were run again.
few_second_tries() {
	local count
	count=$(second_tries "$1" | wc -l)
	[ "$count" -le "$2" ] || fail "$count scenarios needed a second try; allowed: $2"
}
