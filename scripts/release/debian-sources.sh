# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Fetches Debian packages from the machine's own mirrors; sourced after scripts/common.sh by the scripts that
# build for other systems.

# apt_of FOLDER ARGUMENT...: apt-get with lists of its own; leaves the machine's alone.
apt_of() {
	local folder=$1
	shift
	apt-get -q -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$folder/apt/sources.list.d" \
		-o "Dir::State::lists=$folder/apt/lists" -o "Dir::Cache=$folder/apt/cache" \
		-o APT::Sandbox::User=root -o Acquire::Languages=none "$@" </dev/null
}

# prepare_apt FOLDER TYPE [OPTION...]: the lists of the machine's repositories, for packages of a type, deb or deb-src;
# third parties may have none.
prepare_apt() {
	local folder=$1 type=$2 file
	shift 2
	mkdir -p -- "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial" \
		"$folder/apt/sources.list.d"
	for file in /etc/apt/sources.list.d/*.sources; do
		[ ! -e "$file" ] ||
			sed "s/^Types:.*/Types: $type/" "$file" >"$folder/apt/sources.list.d/${file##*/}"
	done
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -e "$file" ] ||
			sed -n "s/^deb[ \t]/$type /p" "$file" >"$folder/apt/sources.list.d/${file##*/}.list"
	done
	apt_of "$folder" "$@" update || say "Not every repository has such packages"
	touch -- "$folder/apt/done"
}

# debian_source FOLDER PACKAGE: unpacks the source, with Debian's patches, in FOLDER/sources/PACKAGE, unless it
# is already there.
debian_source() {
	local folder=$1 package=$2
	[ ! -e "$folder/sources/$package/done" ] || return 0
	[ -e "$folder/apt/done" ] || prepare_apt "$folder" deb-src
	rm -rf -- "$folder/sources/$package"
	mkdir -p -- "$folder/sources/$package"
	(cd -- "$folder/sources/$package" && apt_of "$folder" --download-only source "$package" &&
		dpkg-source --no-check -x ./*.dsc source)
	touch -- "$folder/sources/$package/done"
}
