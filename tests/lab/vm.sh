# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vm: one virtual machine from start to end: what it carries, how it is booted, what it left. Several
# tests may share one, because booting costs more than most of them. For scripts/lab, which sets
# $root and $lab and has say, die and unavailable; it judges no test.

readonly exit_hang=124
readonly exit_died=125

# what tests that share a machine must say alike
readonly vm_shared='accel cpu smp memory append'

# -- what the tests ask for ----------------------------------------------------

test_dir() {
	echo "$root/tests/lab/$1"
}

# vm_lines KEY TEST: what tests/lab/TEST/vm says, a line each.
vm_lines() {
	local file
	file=$(test_dir "$2")/vm
	[[ ! -f $file ]] || awk -v key="$1" '$1 == key { sub(/^[^ \t]+[ \t]+/, ""); print }' "$file"
}

# vm_setting KEY DEFAULT TEST...: tests that share a machine must agree.
vm_setting() {
	local key=$1 default=$2 test value values=
	shift 2

	for test; do
		value=$(vm_lines "$key" "$test")
		values+=${value:-$default}$'\n'
	done
	values=$(sort -u <<<"${values%$'\n'}")
	[[ $values != *$'\n'* ]] || die "$* cannot share a machine: they differ in '$key'"
	echo "$values"
}

# Seconds after which the machine hangs: a boot, and each test's own.
vm_limit() {
	local test sum=60 seconds

	for test; do
		seconds=$(vm_lines seconds "$test")
		sum=$((sum + ${seconds:-60}))
	done
	echo "$sum"
}

# -- what it carries -----------------------------------------------------------

# Copies the libraries of a dynamic program to where the VM's loader looks for them.
libraries_copy() {
	local file=$1 top=$2 list library

	list=$(ldd "$file" 2>/dev/null) || return 0
	[[ $list != *'not found'* ]] || die "$file: a library is missing"
	for library in $(grep -oE '/[^ ]+' <<<"$list"); do
		mkdir -p "$top$(dirname "$library")"
		cp -L "$library" "$top$library"
	done
}

program_copy() {
	local file=$1 to=$2 top=$3

	mkdir -p "$top$to"
	cp -L "$file" "$top$to/"
	libraries_copy "$file" "$top"
}

# One line of a payload file; see HACKING.md.
payload_add() {
	local kind=$1 what=$2 top=$3 path

	case $kind in
	command)
		path=$(type -P "$what") || unavailable "$what is not installed"
		program_copy "$path" /usr/bin "$top"
		;;
	tree)
		[[ -e $root/$what ]] || return 0
		mkdir -p "$top/tree/$(dirname "$what")"
		cp -R "$root/$what" "$top/tree/$what"
		;;
	file)
		[[ -e $what ]] || unavailable "$what is not installed"
		mkdir -p "$top$(dirname "$what")"
		cp -RL "$what" "$top$what"
		;;
	kernel)
		kernel_is_ready "$what" || kernel_prepare "$what"
		mkdir -p "$top/nested"
		cp "$(kernel_dir "$what")/"{vmlinux,base.cpio} "$top/nested/"
		;;
	build/*)
		path=${LULL_BUILD:-$root/build}/${kind#build/}
		[[ -f $path ]] || unavailable "$path is not built"
		program_copy "$path" /test/bin "$top"
		;;
	*) die "payload: what is '$kind'?" ;;
	esac
}

# The tests' part of the initramfs: a later archive overrides and adds to the base.
payload_build() {
	local top=$1 test kind what
	shift

	mkdir -p "$top/test/bin"
	cp "$root/tests/lab/init" "$top/init"
	cp "$root/tests/lab/lib.sh" "$top/test/lib.sh"
	echo "$*" >"$top/test/order"
	for test; do
		cp -R "$(test_dir "$test")" "$top/test/"
		[[ -f $(test_dir "$test")/payload ]] || continue
		while read -r kind what; do
			[[ -n $kind && $kind != '#'* ]] || continue
			payload_add "$kind" "$what" "$top"
		done <"$(test_dir "$test")/payload"
	done
}

# -- booting -------------------------------------------------------------------

# Disks of the tests, each an empty one that a device line names.
vm_devices() {
	local test device disk

	echo '-device intel-iommu,intremap=on -device edu -device e1000e'
	for test; do
		for disk in $(vm_lines disk "$test"); do
			truncate -s 16M "$work/disk.$disk"
			echo "-drive file=$work/disk.$disk,format=raw,if=none,id=$disk"
		done
		for device in $(vm_lines device "$test"); do
			echo "-device $device"
		done
	done
}

# Returns QEMU's status, or timeout's if the VM hung. One emulator thread, if a test does not ask for
# more: with several, a CPU of the VM can loop for ever over kernel text that was being patched.
boot() {
	local dir=$1 out=$2 limit=$3 status=0 accel cpu smp memory append devices
	shift 3

	accel=$(vm_setting accel tcg,thread=single "$@")
	cpu=$(vm_setting cpu EPYC "$@")
	smp=$(vm_setting smp 4 "$@")
	memory=$(vm_setting memory 2G "$@")
	append=$(vm_setting append '' "$@")
	devices=$(vm_devices "$@")
	truncate -s 0 "$work/disk"
	truncate -s 64M "$work/disk"
	# shellcheck disable=SC2086 # the devices are words
	timeout --foreground -k 5 "$limit" qemu-system-x86_64 \
		-accel "$accel" -machine q35 -cpu "$cpu" -smp "$smp" -m "$memory" \
		-nodefaults -no-reboot -display none -monitor none \
		-serial "file:$out/console" -serial "file:$out/log" \
		-device isa-debug-exit,iobase=0xf4,iosize=4 \
		-drive "file=$work/disk,format=raw,if=none,id=out,cache=unsafe" \
		-device virtio-blk-pci,drive=out,serial=out $devices \
		-kernel "$dir/vmlinux" -initrd "$work/initrd" \
		-append "console=ttyS0 quiet panic=-1 tsc=reliable intel_iommu=on iommu=nopt $append" \
		</dev/null >"$out/qemu" 2>&1 &
	qemu_pid=$!
	wait "$qemu_pid" || status=$?
	qemu_pid=
	return "$status"
}

# As boot, with a second try after a hang, and after a death before the first test began: now and
# then the emulator shows a kernel its own text half patched. 0: the tests have run; then the files
# that they left are there.
vm_run() {
	local dir=$1 out=$2 limit=$3 try status
	shift 3

	for try in 1 2; do
		rm -rf "$out"
		mkdir -p "$out"
		touch "$out"/{console,log}
		status=0
		boot "$dir" "$out" "$limit" "$@" || status=$?
		echo "$try" >"$out/tries"
		if ((status == exit_hang)); then
			say "no result after $limit s (try $try); the VM's last words:"
			tail -n 3 "$out/log" >&2
		elif ((status != 3)) && ! grep -q '^lab: begin' "$out/log"; then
			say "the VM died before its first test (try $try); its last words:"
			tail -n 3 "$out/console" "$out/qemu" >&2
		else
			break
		fi
		rm -rf "$out.hang"
		cp -R "$out" "$out.hang"
	done
	((status != exit_hang)) || return "$exit_hang"
	# init sends 1 if it came to its end, of which the exit device makes 3; 1 is QEMU's own failure,
	# and an even number a VM that fell over
	((status == 3)) || return "$exit_died"
	tar -xmf "$work/disk" -C "$out" || return "$exit_died"
}

# What the VM's log says of one test: its lines, and at its end "CODE SECONDS".
vm_log_of() {
	awk -v test="$2" '
		$1 == "lab:" && $2 == "end" && $3 == test { exit }
		inside { print }
		$1 == "lab:" && $2 == "begin" { inside = $3 == test }' "$1/log"
}

vm_result_of() {
	awk -v test="$2" '$1 == "lab:" && $2 == "end" && $3 == test { print $4, $5 }' "$1/log"
}
