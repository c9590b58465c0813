# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kernels: from a Debian suite to what a lab VM boots, cached below build/lab/kernels/VERSION: tree/
# (the unpacked packages), vmlinux and base.cpio. For scripts/lab, which sets $lab, sources cross.sh
# and has say, die and unavailable. It starts no VM and leaves the system's apt and modules alone.

# name, the suite whose linux-image-ARCHITECTURE it is, and that; versions are never named, they
# come and go
readonly kernels='
5.10    bullseye-security  amd64
6.1     bookworm-security  amd64
6.12    trixie-security    amd64
newest  trixie-backports   amd64
arm64   bookworm-security  arm64
'
readonly default_kernel=6.1

# what an initramfs holds besides busybox: these and all that they need; the last two are for a
# guest in the VM
readonly modules_amd64='virtio_pci virtio_blk kvm-amd vfio-pci vfio_iommu_type1 e1000e nvme'
readonly modules_arm64='virtio_pci virtio_blk'

readonly keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# -- kernels ------------------------------------------------------------------

kernel_names() {
	awk 'NF { print $1 }' <<<"$kernels"
}

kernel_suite() {
	awk -v name="$1" '$1 == name { print $2 }' <<<"$kernels"
}

kernel_arch() {
	awk -v name="$1" '$1 == name { print $3 }' <<<"$kernels"
}

# what the initramfs of an architecture holds
modules_of() {
	case $1 in
	arm64) echo "$modules_arm64" ;;
	*) echo "$modules_amd64" ;;
	esac
}

kernel_check() {
	[[ -n $(kernel_suite "$1") ]] ||
		die "no kernel '$1'; there are: $(kernel_names | tr '\n' ' ')"
}

# where the prepared kernel is; a link to a directory named by its full version
kernel_dir() {
	echo "$lab/kernels/$1"
}

kernel_version() {
	basename "$(readlink "$(kernel_dir "$1")")"
}

# -- packages: an apt with its own lists, cache and status --------------------

# The base of the machine's own Debian mirror, or of its security part, as apt itself reads it.
mirror_of() {
	local suites=$1

	{ apt-get --print-uris update 2>/dev/null || true; } |
		sed -nE "s#^'(.*)/dists/($suites)/(In)?Release'.*#\\1#p" | sort -u | sed -n 1p
}

# apt_root_write DIRECTORY SUITE [ARCHITECTURE]. apt reads its file after /etc/apt/apt.conf.d: a proxy
# set there holds, a hook set there does not.
apt_root_write() {
	local apt=$1 suite=$2 arch=${3:-amd64} codename uri

	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	case $suite in
	*-security) uri=$(mirror_of "$codename-security") ;;
	*) uri=$(mirror_of "$codename|$codename-updates") ;;
	esac
	[[ -n $uri ]] || unavailable "apt knows no Debian mirror for $suite on this machine"

	mkdir -p "$apt"/{lists,archives}/partial
	: >"$apt/status"
	echo "deb [signed-by=$keyring] $uri $suite main" >"$apt/sources.list"
	cat >"$apt/apt.conf" <<-END
	#clear APT::Update::Pre-Invoke;
	#clear APT::Update::Post-Invoke;
	#clear APT::Update::Post-Invoke-Success;
	Dir::State "$apt";
	Dir::State::Lists "$apt/lists";
	Dir::State::status "$apt/status";
	Dir::Cache "$apt";
	Dir::Cache::archives "$apt/archives";
	Dir::Etc::SourceList "$apt/sources.list";
	Dir::Etc::SourceParts "/dev/null";
	Dir::Etc::PreferencesParts "/dev/null";
	APT::Architecture "$arch";
	APT::Architectures "$arch";
	APT::Sandbox::User "root";
	Acquire::Languages "none";
	Acquire::Retries "2";
	Acquire::http::Timeout "20";
	END
}

apt_root_update() {
	local apt=$1 suite=$2

	timeout 300 apt-get -c "$apt/apt.conf" -q --error-on=any update >"$apt/log" 2>&1 ||
		unavailable "the package list of $suite cannot be had; see $apt/log"
}

# The packages of one kernel: from 7.x on there are several, so follow what the metapackage needs.
packages_of_kernel() {
	local apt=$1 arch=$2

	apt-cache -c "$apt/apt.conf" depends --recurse --no-recommends --no-suggests \
		--no-conflicts --no-breaks --no-replaces --no-enhances "linux-image-$arch" |
		grep -E '^linux-(image|base|binary|modules)-[0-9]' | sort -u
}

# Leaves the files of the packages below $2.
packages_extract() {
	local apt=$1 tree=$2 deb
	shift 2

	(cd "$apt/archives" && timeout 600 apt-get -c "$apt/apt.conf" -q download "$@") \
		>>"$apt/log" 2>&1 || unavailable "cannot download $*; see $apt/log"
	mkdir -p "$tree"
	for deb in "$apt/archives"/*.deb; do
		dpkg-deb -x "$deb" "$tree"
		rm "$deb"
	done
}

# -- what a VM boots ----------------------------------------------------------

modules_base() {
	local tree=$1 version=$2 base

	for base in "$tree" "$tree/usr"; do
		[[ ! -d $base/lib/modules/$version ]] || echo "$base"
	done
}

decompress() {
	case $(od -An -tx1 -N4 "$1" | tr -d ' ') in
	fd377a58) xz -dc "$1" ;;
	28b52ffd) zstd -dcq "$1" ;;
	02214c18) lz4 -dcq "$1" ;;
	1f8b*) gzip -dc "$1" ;;
	*) die "$1: a compression that lab does not know" ;;
	esac
}

# The ELF kernel inside a bzImage, found by the boot header (Documentation/x86/boot.rst): QEMU starts
# it directly (PVH), which saves the emulated BIOS and decompression: a third of a short test.
vmlinux_extract() {
	local image=$1 out=$2 sectors offset length

	sectors=$(od -An -tu1 -j$((0x1f1)) -N1 "$image")
	read -r offset length < <(od -An -tu4 -j$((0x248)) -N8 "$image")
	offset=$(((sectors + 1) * 512 + offset))

	dd if="$image" of="$out.packed" bs=1M iflag=skip_bytes,count_bytes status=none \
		skip="$offset" count="$length"
	# behind all but gzip the kernel's build appends the unpacked size, which the tools refuse
	[[ $(od -An -tx1 -N2 "$out.packed") == ' 1f 8b' ]] || truncate -s -4 "$out.packed"
	decompress "$out.packed" >"$out.part"
	rm "$out.packed"
	[[ $(od -An -tc -j1 -N3 "$out.part") == '   E   L   F' ]] || die "$image: no ELF inside"
	mv "$out.part" "$out"
}

# Module files with all that they need, in load order.
modules_closure() {
	local base=$1 version=$2 arch=$3 module

	for module in $(modules_of "$arch"); do
		modprobe -C /dev/null -d "$base" -S "$version" --show-depends "$module"
	done | sed -nE 's/^insmod ([^ ]+).*/\1/p' | awk '!seen[$0]++'
}

module_copy() {
	local from=$1 to=$2

	mkdir -p "$(dirname "$to")"
	case $from in
	*.ko) cp "$from" "$to" ;;
	*) decompress "$from" >"${to%.*}" ;;
	esac
}

archive() {
	(cd "$1" && find . | LC_ALL=C sort | cpio --quiet -o -H newc)
}

# The part of the initramfs that is the same for every test.
base_build() {
	local dir=$1 version=$2 arch=$3 base top=$1/base file list

	base=$(modules_base "$dir/tree" "$version")
	[[ -n $base ]] || die "$dir/tree: no modules of $version"
	[[ -s $base/lib/modules/$version/modules.dep ]] || depmod -b "$base" "$version"
	list=$(modules_closure "$base" "$version" "$arch")

	rm -rf "$top" "$dir/base.cpio"
	mkdir -p "$top"/{bin,dev,etc,lib,mnt,out,proc,root,run,sbin,sys,test,tmp,usr/bin}
	cp "$(busybox_of "$arch")" "$top/bin/busybox"
	for file in $list; do
		module_copy "$file" "$top/lib/${file#"$base/lib/"}"
	done
	cp "$base/lib/modules/$version"/modules.{order,builtin,builtin.modinfo} "$top/lib/modules/$version/"
	depmod -b "$top" "$version"
	archive "$top" >"$dir/base.part"
	rm -rf "$top"
	modules_of "$arch" >"$dir/modules"
	mv "$dir/base.part" "$dir/base.cpio"
}

kernel_image() {
	local tree=$1 version=$2 image

	for image in "$tree/boot/vmlinuz-$version" "$tree/usr/lib/modules/$version/vmlinuz"; do
		[[ ! -f $image ]] || echo "$image"
	done
}

# -- prepare ------------------------------------------------------------------

# Resolves the kernel to today's version and unpacks it.
kernel_fetch() {
	local name=$1 apt=$lab/apt/$1 suite arch version packages dir

	suite=$(kernel_suite "$name")
	arch=$(kernel_arch "$name")
	apt_root_write "$apt" "$suite" "$arch"
	apt_root_update "$apt" "$suite"
	packages=$(packages_of_kernel "$apt" "$arch") || unavailable "$suite has no kernel"
	version=$(sed -n 's/^linux-image-//p' <<<"$packages")

	dir=$(kernel_dir "$version")
	if [[ ! -d $dir/tree ]]; then
		rm -rf "$dir" "$dir.part" "$apt/archives"/*.deb
		# shellcheck disable=SC2086 # one word per package
		packages_extract "$apt" "$dir.part/tree" $packages
		mv "$dir.part" "$dir"
	fi
	ln -sfn "$version" "$(kernel_dir "$name")"
}

kernel_is_ready() {
	local dir

	dir=$(kernel_dir "$1")
	[[ -s $dir/vmlinux && -s $dir/base.cpio &&
		$(cat "$dir/modules") == "$(modules_of "$(kernel_arch "$1")")" ]]
}

# $2 is "refresh" to look for a newer version although one is there.
kernel_prepare() {
	local name=$1 refresh=${2:-} dir arch version image start=$SECONDS

	dir=$(kernel_dir "$name")
	arch=$(kernel_arch "$name")
	[[ -z $refresh && -d $dir/tree ]] || kernel_fetch "$name"
	if kernel_is_ready "$name"; then
		say "$name: $(kernel_version "$name") is the newest ($((SECONDS - start)) s)"
		return
	fi
	version=$(kernel_version "$name")
	image=$(kernel_image "$dir/tree" "$version")
	[[ -n $image ]] || die "$dir/tree: no kernel image"
	if [[ -s $dir/vmlinux ]]; then
		:
	elif [[ $arch == amd64 ]]; then
		vmlinux_extract "$image" "$dir/vmlinux"
	else
		cp "$image" "$dir/vmlinux" # QEMU starts it as it is, packed or not
	fi
	base_build "$(realpath "$dir")" "$version" "$arch"
	say "$name: $version prepared in $((SECONDS - start)) s"
}
