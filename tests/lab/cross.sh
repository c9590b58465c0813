# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cross: the other architecture. Its headers, libraries and busybox are unpacked from Debian's
# packages to build/lab/sysroot, never installed; lull is built against them, and which of them a
# program needs is found without running it. For scripts/lab, as kernels.sh, whose apt it uses.

readonly cross_triplet=aarch64-linux-gnu
readonly cross_sysroot=$lab/sysroot

# What a Debian release has of lull's libraries is what scripts/deps installs of them here.
cross_packages() {
	echo busybox-static
	"$root/scripts/deps" --list --demo | grep -- '-dev$'
}

sysroot_is_ready() {
	[[ -f $cross_sysroot/packages && $(cat "$cross_sysroot/packages") == "$(cross_packages)" ]]
}

sysroot_prepare() {
	local apt=$lab/apt/sysroot top=$cross_sysroot codename deb start=$SECONDS

	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	apt_root_write "$apt" "$codename" arm64
	apt_root_update "$apt" "$codename"
	rm -rf "$top" "$apt/archives"/*.deb
	# shellcheck disable=SC2046 # one word per package
	timeout 600 apt-get -c "$apt/apt.conf" -q -y --download-only --no-install-recommends \
		install $(cross_packages) >>"$apt/log" 2>&1 ||
		unavailable "the libraries of $codename for arm64 cannot be had; see $apt/log"
	mkdir -p "$top"
	for deb in "$apt/archives"/*.deb; do
		dpkg-deb -x "$deb" "$top"
		rm "$deb"
	done
	cross_packages >"$top/packages"
	say "arm64: libraries and headers in $((SECONDS - start)) s"
}

# The programs of the tree for arm64, in build/aarch64-linux-gnu.
cross_build() {
	local log=$lab/cross.log

	command -v "$cross_triplet-gcc" >/dev/null ||
		unavailable 'missing packages: gcc-aarch64-linux-gnu (scripts/deps --arm64)'
	sysroot_is_ready || sysroot_prepare
	make -C "$root" -j"$(nproc)" CROSS="$cross_triplet" SYSROOT="$cross_sysroot" all tests \
		>"$log" 2>&1 || { tail -n 20 "$log" >&2 && die "lull does not build for arm64"; }
}

busybox_of() {
	if [[ $1 == arm64 ]]; then
		sysroot_is_ready || sysroot_prepare
		echo "$cross_sysroot/bin/busybox"
	else
		command -v busybox
	fi
}

# The libraries that a program of the other machine needs, by name, where its own loader would look.
cross_libraries() {
	local queue=("$1") file name library
	local -A seen=()

	while ((${#queue[@]})); do
		file=${queue[0]} queue=("${queue[@]:1}")
		for name in $(readelf -d "$file" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p'); do
			[[ -z ${seen[$name]:-} ]] || continue
			seen[$name]=yes
			library=$(find "$cross_sysroot"/{lib,usr/lib}/"$cross_triplet" -maxdepth 1 -name "$name" |
				head -n 1)
			[[ -n $library ]] || die "$file: $name is missing"
			echo "$library"
			queue+=("$library")
		done
	done
}
