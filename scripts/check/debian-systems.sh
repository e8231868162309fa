# shellcheck shell=bash disable=SC2154 # Who sources this sets folder and scenarios.
# SPDX-License-Identifier: MIT
# Builds for this Debian on other processors; sourced by scripts/check/other-systems. The compilers are Debian's, in the
# section [cross] of scripts/packages; the libraries are that processor's own packages, unpacked in a folder: neither
# apt nor dpkg of this machine learns of another architecture.

# i386 has 32 bits, x87 arithmetic and small inode numbers; armel has 64-bit atomics in a library only, and an unsigned
# char, as arm64 and s390x do; s390x is big-endian.
# shellcheck disable=SC2034 # Who sources this reads it.
debian_systems=(i386 arm64 armel s390x)

# name_tools ARCHITECTURE: sets host, for configure and the compiler, multiarch, for folders, and emulator.
name_tools() {
	case $1 in
	i386) host=i686-linux-gnu multiarch=i386-linux-gnu emulator=qemu-i386 ;;
	arm64) host=aarch64-linux-gnu multiarch=$host emulator=qemu-aarch64 ;;
	armel) host=arm-linux-gnueabi multiarch=$host emulator=qemu-arm ;;
	s390x) host=s390x-linux-gnu multiarch=$host emulator=qemu-s390x ;;
	esac
}

# unpack_libraries ARCHITECTURE: what the build and the unit tests need, in FOLDER/ARCHITECTURE/root.
unpack_libraries() {
	local architecture=$1 work=$folder/$1 root=$folder/$1/root package link
	local -a packages options=(-o "APT::Architecture=$architecture" -o "APT::Architectures=$architecture"
		-o "Dir::State=$folder/$architecture/apt" -o Dir::State::status=/dev/null -o Debug::NoLocking=1)
	mapfile -t packages < <(packages_of build test | grep -x -e '.*-dev' -e check)
	rm -rf -- "$root"
	mkdir -p -- "$root/usr/lib"
	prepare_apt "$work" deb "${options[@]}"
	apt_of "$work" "${options[@]}" install -y --download-only --no-install-recommends "${packages[@]}"
	for package in "$work"/apt/cache/archives/*.deb; do
		dpkg-deb -x "$package" "$root"
	done
	# As on a system, where /lib is a part of /usr, and where links lead to the root.
	if [ -d "$root/lib" ]; then
		cp -a -- "$root/lib/." "$root/usr/lib/"
		rm -r -- "${root:?}/lib"
	fi
	ln -s usr/lib "$root/lib"
	find "$root" -type l -lname '/*' | while read -r link; do
		ln -sfnr -- "$root$(readlink -- "$link")" "$link"
	done
	rm -rf -- "$work/apt"
	touch -- "$work/root.done"
}

# make_emulator FILE: a command that runs the program which is its first argument.
make_emulator() {
	# A program finds itself in /proc only if its path is absolute.
	cat >"$1" <<-END
		#!/bin/sh
		program=\$(realpath -- "\$1")
		shift
		UNIT_IS_EMULATED=1 exec $emulator -L "$root" "\$program" "\$@"
	END
	chmod +x -- "$1"
}

# run_unit_tests BUILD COMMAND: those of a build, each run by a command.
run_unit_tests() {
	local tests
	tests=$(make -s -C "$1" print-unit-tests)
	make -C "$1" --no-print-directory -j2 check VERBOSE=1 TESTS="$tests" LOG_COMPILER="$2"
}

check_debian() {
	local architecture=$1 work=$folder/$1 root=$folder/$1/root build=$folder/$1/build
	local host multiarch emulator
	name_tools "$architecture"
	command -v "$host-gcc" >/dev/null || skip "$host-gcc, of Debian's package gcc-$host, was not found"
	mkdir -p -- "$work"
	if [ ! -e "$work/root.done" ]; then
		say "Fetching the libraries for $architecture (log: $work/root.log)"
		(set -e; unpack_libraries "$architecture") >"$work/root.log" 2>&1 &
		wait $! || { tail -n 20 -- "$work/root.log"; fail "no libraries for $architecture"; }
	fi
	say "Building for Debian on $architecture (log: $work/build.log)"
	(set -e
		build_in "$build" "--host=$host" "CC=$host-gcc --sysroot=$root" PKG_CONFIG=pkg-config \
			"PKG_CONFIG_LIBDIR=$root/usr/lib/$multiarch/pkgconfig:$root/usr/share/pkgconfig" \
			"PKG_CONFIG_SYSROOT_DIR=$root" "--with-collectd=$root/usr" --with-check --with-gnutls --with-libyaml \
			--with-libcurl --with-libdeflate --with-systemd --enable-werror
		make -C "$build" -j"$(nproc)" check TESTS=) >"$work/build.log" 2>&1 &
	wait $! || { tail -n 40 -- "$work/build.log"; fail "it does not build for $architecture"; }
	if ! command -v "$emulator" >/dev/null; then
		say "$architecture: builds; $emulator, which would run it, was not found"
		return
	fi
	make_emulator "$work/emulate"
	say "Running the unit tests for $architecture (log: $work/unit.log)"
	run_unit_tests "$build" "$work/emulate" >"$work/unit.log" 2>&1 ||
		{ grep -E '^(FAIL|ERROR)|:[EF]:' "$work/unit.log" | sort -u; fail "unit tests fail on $architecture"; }
	run_scenarios "$build/tcp-echo-metrics" "$work/emulate" "${scenarios[@]}"
	build_in "$folder/native" --without-collectd --without-check >"$folder/native.log" 2>&1 ||
		{ tail -n 40 -- "$folder/native.log"; fail "it does not build for this system"; }
	TCP_ECHO_METRICS_OTHER=$folder/native/tcp-echo-metrics \
		run_scenarios "$build/tcp-echo-metrics" "$work/emulate" processors.py
	say "$architecture: builds and runs"
}
