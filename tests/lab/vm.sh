# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vm: one virtual machine from start to end: what it carries, how it is booted, what it left.
# Several tests may share one, because booting costs more than most of them. For scripts/lab, which
# sets $root, $lab and $kernel and has say, die and unavailable; it judges no test.

readonly exit_hang=124
readonly exit_died=125

# what tests that share a machine must say alike
readonly vm_shared='accel cpu smp memory append root'

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

# Seconds of a CPU after which the machine hangs: a boot, and each test's own.
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

	if [[ $(kernel_arch "$kernel") != amd64 ]]; then
		for library in $(cross_libraries "$file"); do
			mkdir -p "$top/lib"
			cp -L "$library" "$top/lib/"
		done
		return
	fi
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

# Where the programs for this VM are.
build_dir() {
	if [[ $(kernel_arch "$kernel") == amd64 ]]; then
		echo "${LULL_BUILD:-$root/build}"
	else
		echo "$root/build/$cross_triplet"
	fi
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
	as) payload_read "$what" "$top" ;;
	build/*)
		what=${kind#build/}
		path=$(build_dir)/$what
		[[ -f $path ]] || unavailable "$path is not built"
		# scripts find programs of their own below $LULL_BUILD, and all others in $PATH
		[[ $what == tests/* ]] || what=$(basename "$what")
		program_copy "$path" "/test/bin/$(dirname "$what")" "$top"
		;;
	*) die "payload: what is '$kind'?" ;;
	esac
}

# What one test wants to have in its VM.
payload_read() {
	local file top=$2 kind what

	file=$(test_dir "$1")/payload
	[[ -f $file ]] || return 0
	while read -r kind what; do
		[[ -n $kind && $kind != '#'* ]] || continue
		payload_add "$kind" "$what" "$top"
	done <"$file"
}

# The tests' part of the initramfs: a later archive overrides and adds to the base. With systemd all of
# it is in the root that is to be, where /lib is a link.
payload_build() {
	local top=$1 test
	shift

	mkdir -p "$top"
	cp "$root/tests/lab/init" "$top/init"
	if [[ $(vm_setting root '' "$@") == systemd ]]; then
		top+=/systemd
		system_links "$top"
		cp "$root/tests/lab/init" "$top/init"
	fi
	mkdir -p "$top/test/bin"
	cp "$root/tests/lab/lib.sh" "$top/test/lib.sh"
	echo "$*" >"$top/test/order"
	for test; do
		cp -R "$(test_dir "$test")" "$top/test/"
		payload_read "$test" "$top"
	done
}

# -- booting -------------------------------------------------------------------

# The whole initramfs; see payload_build.
initrd_build() {
	local base=$1 top=$2
	shift 2

	payload_build "$top" "$@"
	cat "$base"
	if [[ $(vm_setting root '' "$@") == systemd ]]; then
		system_is_ready || system_prepare
		cat "$(system_dir)/system.cpio"
	fi
	archive "$top"
}

# Disks of the tests, each an empty one that a device line names.
vm_devices() {
	local test device disk

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

# The VM's clock is this machine's, at its rate. A kernel that measures it while other programs have
# the CPU comes to a wrong one, and its minutes are seconds: so it is told. HZ is 250 in Debian.
clock_parameters() {
	local khz

	[[ $(uname -m) == x86_64 ]] || return 0
	khz=$(awk -F: '/^bogomips/ { printf "%d", $2 * 500; exit }' /proc/cpuinfo)
	echo "tsc=reliable tsc_early_khz=$khz lpj=$((khz * 4))"
}

# What the machines differ in; sets cpu, parameters, and machine, which begins with the program. The
# kernel's test whether its timer interrupts at all fails on a busy machine.
vm_machine() {
	local arch=$1 out=$2

	case $arch in
	arm64)
		cpu=cortex-a72
		parameters='console=ttyAMA0 lab_log=ttyS0'
		machine=(qemu-system-aarch64 -machine virt -serial "file:$out/console"
			-chardev "file,path=$out/log,id=log" -device pci-serial,chardev=log)
		;;
	*)
		cpu=EPYC
		parameters="console=ttyS0 intel_iommu=on iommu=nopt no_timer_check $(clock_parameters)"
		machine=(qemu-system-x86_64 -machine q35 -serial "file:$out/console"
			-serial "file:$out/log" -device isa-debug-exit,iobase=0xf4,iosize=4
			-device intel-iommu,intremap=on -device edu -device e1000e)
		;;
	esac
}

# Returns 3 when init came to its end, QEMU's status if not, or $exit_hang if the VM hung: if it
# used @limit seconds of a CPU and did not come to its end. One emulator thread, if a test does not
# ask for more: with several, a CPU of the VM can loop for ever over kernel text that was being
# patched. Tests of ciphers only take time.
boot() {
	local kernel=$1 out=$2 limit=$3 status=0
	local accel cpu smp memory append devices parameters machine
	shift 3

	vm_machine "$(kernel_arch "$kernel")" "$out"
	accel=$(vm_setting accel tcg,thread=single "$@")
	cpu=$(vm_setting cpu "$cpu" "$@")
	smp=$(vm_setting smp 4 "$@")
	memory=$(vm_setting memory 2G "$@")
	append=$(vm_setting append '' "$@")
	[[ $accel != *multi* ]] || limit=$((2 * limit))
	devices=$(vm_devices "$@")
	truncate -s 0 "$work/disk"
	truncate -s 64M "$work/disk"
	# A VM that hangs spins, or it waits. On a busy machine one that does not may take a while.
	# shellcheck disable=SC2086 # the devices are words
	timeout --foreground -k 5 $((4 * limit)) prlimit "--cpu=$limit:$((limit + 5))" "${machine[@]}" \
		-accel "$accel" -cpu "$cpu" -smp "$smp" -m "$memory" \
		-nodefaults -no-reboot -display none -monitor none \
		-drive "file=$work/disk,format=raw,if=none,id=out,cache=unsafe" \
		-device virtio-blk-pci,drive=out,serial=out $devices \
		-kernel "$(kernel_dir "$kernel")/vmlinux" -initrd "$work/initrd" \
		-append "quiet panic=-1 cryptomgr.notests $parameters $append" \
		</dev/null >"$out/qemu" 2>&1 &
	qemu_pid=$!
	wait "$qemu_pid" || status=$?
	qemu_pid=
	((status != 128 + 24)) || status=$exit_hang # SIGXCPU
	# where there is no exit device, init switches the machine off
	((status != 0)) || ! grep -q '^lab: over' "$out/log" || status=3
	return "$status"
}

# As boot, with a second try after a hang, and after a death before the first test began: now and
# then the emulator shows a kernel its own text half patched. 0: the tests have run; then the files
# that they left are there.
vm_run() {
	local kernel=$1 out=$2 limit=$3 try status
	shift 3

	for try in 1 2; do
		rm -rf "$out"
		mkdir -p "$out"
		touch "$out"/{console,log}
		status=0
		boot "$kernel" "$out" "$limit" "$@" || status=$?
		echo "$try" >"$out/tries"
		if ((status == exit_hang)); then
			say "no result in $limit s of a CPU (try $try); the VM's last words:"
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
	# 1 is QEMU's own failure, and an even number a VM that fell over
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
