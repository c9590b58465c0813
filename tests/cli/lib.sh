# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# lib: for tests of what a user types and gets. On top of tests/root/lib.sh it has another check,
# one line per behaviour, and with each the rules that hold for every command: an error goes to
# stderr and nothing to stdout, the other way round for help, and who is refused leaves no file.
#
#   . "$(dirname "$0")/lib.sh"
#   need_lull
#   plan 1
#   check "an unknown option" "record --bogus" 1 'unknown option --bogus' 'warning'

# shellcheck source-path=SCRIPTDIR source=../root/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../root/lib.sh"

LULL=$(realpath -m "$LULL")
out=$work/out
err=$work/err
here=$work/here
golden=$PWD/tests/golden
mkdir -p "$here"
run_as=()

# An errant measurement would last for ever: 20 s are an error by themselves. May be given a prefix
# in run_as, such as setpriv.
run() {
	(
		cd "$here" || exit 125
		eval "exec timeout -k 5 20 ${run_as[*]-} \"\$LULL\" $1"
	) >"$out" 2>"$err" </dev/null
}

# What is wrong with the last run besides its code and words; prints it, or nothing.
complaints() {
	if (($1 == 1 || $1 == 4)); then
		[[ ! -s $out ]] || echo "printed to stdout: $(head -n 3 "$out")"
		[[ -s $err ]] || echo "said nothing"
		[[ ! -s $err ]] || head -n 1 "$err" | grep -qE '^(lull|usage): ' ||
			echo "does not say who speaks: $(head -n 1 "$err")"
		[[ -z $(ls -A "$here") ]] || echo "left behind: $(ls -A "$here")"
	fi
	! grep -qE 'Sanitizer|runtime error' "$err" || grep -E 'Sanitizer|runtime error' "$err"
}

# check WHAT ARGUMENTS EXIT [REGEX [NOT-REGEX]]: the words are looked for in both streams.
check() {
	local what=$1 code why
	run "$2"
	code=$?
	why=$(complaints "$code")
	((code == $3)) || why+=" exit code $code, not $3"
	[[ -z ${4-} ]] || grep -qE -e "$4" "$out" "$err" || why+=" nothing matches '$4'"
	[[ -z ${5-} ]] || ! grep -qE -e "$5" "$out" "$err" || why+=" something matches '$5'"
	rm -rf "${here:?}"/* "$here"/.??*
	if [[ -z $why ]]; then
		ok "$what"
	else
		not_ok "$what" "lull $2:$why"
		diag "$(head -n 10 "$err")"
	fi
}

# holds WHAT COMMAND...: passes if the command succeeds.
holds() {
	local what=$1 said
	shift
	if said=$("$@" 2>&1); then
		ok "$what"
	else
		not_ok "$what" "failed: $*"
		[[ -z $said ]] || diag "$said"
	fi
}

# prints GOLDEN ARGUMENTS: exactly that, and all is well. LULL_GOLDEN_UPDATE writes it.
prints() {
	run "$2" || return 1
	[[ -z ${LULL_GOLDEN_UPDATE:-} ]] || cp "$out" "$golden/$1"
	diff "$golden/$1" "$out"
}

# answers ARGUMENTS FILTER WANT: what jq makes of the document, whatever the exit code.
answers() {
	local got
	run "$1 --json"
	got=$(jq -c "$2" "$out") || return 1
	[[ $got == "$3" ]] || { echo "$got, not $3" && return 1; }
}

# The commands that lull --help lists, one a line.
commands() {
	"$LULL" --help | awk '/^commands:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }'
}
