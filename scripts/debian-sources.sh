# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Debian's sources of packages, from the machine's own mirrors; sourced by scripts that build libraries
# for other systems, after scripts/common.sh.

# apt_of FOLDER ARGUMENT...: apt-get for sources alone; the machine's own lists stay as they are.
apt_of() {
	local folder=$1
	shift
	apt-get -q -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$folder/apt/sources.list.d" \
		-o "Dir::State::lists=$folder/apt/lists" -o "Dir::Cache=$folder/apt/cache" \
		-o APT::Sandbox::User=root -o Acquire::Languages=none "$@" </dev/null
}

# The machine's sources of packages, turned into sources of sources; other makers' may have none.
prepare_apt() {
	local folder=$1 file
	mkdir -p -- "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial" \
		"$folder/apt/sources.list.d"
	for file in /etc/apt/sources.list.d/*.sources; do
		[ ! -e "$file" ] ||
			sed 's/^Types:.*/Types: deb-src/' "$file" >"$folder/apt/sources.list.d/${file##*/}"
	done
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -e "$file" ] ||
			sed -n 's/^deb[ \t]/deb-src /p' "$file" >"$folder/apt/sources.list.d/${file##*/}.list"
	done
	apt_of "$folder" update || say "Not every source of packages has sources"
	touch -- "$folder/apt/done"
}

# debian_source FOLDER PACKAGE: leaves them unpacked, with Debian's patches, in FOLDER/sources/PACKAGE. What is
# there already is not fetched again.
debian_source() {
	local folder=$1 package=$2
	[ ! -e "$folder/sources/$package/done" ] || return 0
	[ -e "$folder/apt/done" ] || prepare_apt "$folder"
	rm -rf -- "$folder/sources/$package"
	mkdir -p -- "$folder/sources/$package"
	(cd -- "$folder/sources/$package" && apt_of "$folder" --download-only source "$package" &&
		dpkg-source --no-check -x ./*.dsc source)
	touch -- "$folder/sources/$package/done"
}
