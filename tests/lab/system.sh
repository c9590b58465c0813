# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# system: a root file system with systemd as its first process, made of Debian packages of the release
# that this machine runs, because the programs to be tested bring its libraries. Cached as an archive,
# build/lab/system/CODENAME/system.cpio, which goes into the initramfs. The packages are unpacked and
# not installed: none of their scripts runs, so no root is needed, and what those would have done is
# written by hand below. For scripts/lab, which sets $lab and has say, die and unavailable, and after
# kernels.sh.

# what it is made of, with all that they depend on
readonly system_packages='systemd dbus irqbalance'
# what only the scripts of packages need, and those do not run
readonly system_without='perl|libperl|perl-modules|perl-base|libfile-find-rule|libnumber|libtext|debconf|adduser|passwd|dpkg|tar|libgdbm|libdb5|libsemanage|libsepol|init-system-helpers|gcc-[0-9]+-base'
# another number when the code below makes another thing of the same packages
readonly system_format=2

system_codename() {
	(. /etc/os-release && echo "${VERSION_CODENAME:-}")
}

system_dir() {
	echo "$lab/system/$(system_codename)"
}

system_is_ready() {
	[[ $(cat "$(system_dir)/made" 2>/dev/null) == "$system_format $system_packages" &&
		-s $(system_dir)/system.cpio ]]
}

# Names of the packages, one a line.
system_resolve() {
	local apt=$1

	# shellcheck disable=SC2086 # one word per package
	apt-get -c "$apt/apt.conf" -q --no-install-recommends --print-uris install $system_packages \
		2>>"$apt/log" | sed -nE "s/^'[^']*' ([^_]+)_.*/\\1/p" |
		grep -vE "^($system_without)([-0-9.].*|-perl)?\$"
}

# Who runs what, and what runs at boot: the tests, and what they need for it.
system_settings() {
	local top=$1 dir

	for dir in dev etc/systemd/system proc root run sys tmp var/tmp; do
		mkdir -p "$top/$dir"
	done
	cat >"$top/etc/passwd" <<-END
	root:x:0:0:root:/root:/bin/sh
	messagebus:x:100:100::/nonexistent:/usr/sbin/nologin
	nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
	END
	cat >"$top/etc/group" <<-END
	root:x:0:
	tty:x:5:
	messagebus:x:100:
	nogroup:x:65534:
	END
	echo lab >"$top/etc/hostname"
	echo 0123456789abcdef0123456789abcdef >"$top/etc/machine-id"
	: >"$top/etc/fstab"
	cat >"$top/etc/systemd/system/lab.target" <<-END
	[Unit]
	Requires=basic.target dbus.socket
	Wants=lab.service
	After=basic.target
	AllowIsolate=yes
	END
	cat >"$top/etc/systemd/system/lab.service" <<-END
	[Unit]
	After=basic.target dbus.socket
	[Service]
	Type=oneshot
	ExecStart=/bin/busybox sh /init
	StandardOutput=file:/dev/ttyS1
	StandardError=inherit
	TimeoutStartSec=infinity
	END
	ln -s /dev/null "$top/etc/systemd/system/kmod-static-nodes.service"
	ln -s lab.target "$top/etc/systemd/system/default.target"
}

# The directories of today's Debian, where /bin is a link.
system_links() {
	local top=$1 dir

	for dir in bin sbin lib lib64; do
		mkdir -p "$top/usr/$dir"
		ln -s "usr/$dir" "$top/$dir"
	done
}

system_unpack() {
	local apt=$1 top=$2 deb
	shift 2

	rm -f "$apt/archives"/*.deb
	(cd "$apt/archives" && timeout 600 apt-get -c "$apt/apt.conf" -q download "$@") \
		>>"$apt/log" 2>&1 || unavailable "cannot download the packages of systemd; see $apt/log"
	system_links "$top"
	for deb in "$apt/archives"/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$top" --keep-directory-symlink --no-same-owner \
			--exclude='./usr/share/'{doc,man,locale,lintian,bug,info,bash-completion,zsh} \
			--exclude='./usr/lib/systemd/'{catalog,boot} --exclude='*/gconv'
		rm "$deb"
	done
}

system_prepare() {
	local refresh=${1:-} apt=$lab/apt/system dir packages start=$SECONDS top

	dir=$(system_dir)
	top=$dir/top
	if [[ -z $refresh ]] && system_is_ready; then
		return
	fi
	[[ -n $(system_codename) ]] || unavailable 'this is no Debian of a known release'
	apt_root_write "$apt" "$(system_codename)"
	timeout 300 apt-get -c "$apt/apt.conf" -q --error-on=any update >"$apt/log" 2>&1 ||
		unavailable "the package list of $(system_codename) cannot be had; see $apt/log"
	packages=$(system_resolve "$apt") || unavailable "no packages of systemd; see $apt/log"
	rm -rf "$dir"
	mkdir -p "$top/systemd"
	# shellcheck disable=SC2086 # one word per package
	system_unpack "$apt" "$top/systemd" $packages
	system_settings "$top/systemd"
	(cd "$top" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) >"$dir/system.part"
	rm -rf "$top"
	mv "$dir/system.part" "$dir/system.cpio"
	echo "$system_format $system_packages" >"$dir/made"
	say "systemd of $(system_codename): prepared in $((SECONDS - start)) s"
}
