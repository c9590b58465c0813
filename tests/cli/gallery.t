#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# gallery: one real recording in every format, and README's pictures, which are small.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_lull
command -v jq >/dev/null || plan_skip_all "needs jq"

has_all_formats() {
	local format
	BUILD=$work scripts/gallery || return 1
	for format in $("$LULL" export x 2>&1 | sed -n 's/.*choose a --format: //p' | tr -d ','); do
		[[ -s $work/gallery/demo.$format ]] || { echo "no demo.$format" && return 1; }
		echo "$format"
	done >"$work/formats"
	(($(wc -l <"$work/formats") >= 8)) && [[ -s $work/gallery/demo.html && -s $work/gallery/both.html ]]
}

# Those that README shows are there, and nothing else is.
pictures_are_shown() {
	diff <(grep -o 'docs/[a-z-]*\.[a-z]*' README.md | sort -u) <(find docs -type f | sort)
}

pictures_are_small() {
	[[ -z $(find docs -type f -size +60k) ]]
}

pictures_are_made() {
	local picture
	for picture in docs/*; do
		[[ -s $work/gallery/${picture#docs/} ]] || { echo "$picture" && return 1; }
	done
}

plan 4
holds "every format, and the pages" has_all_formats
holds "README shows the pictures of docs" pictures_are_shown
holds "each is smaller than 60 KB" pictures_are_small
if command -v chromium >/dev/null && command -v node >/dev/null; then
	holds "each is made from that recording" pictures_are_made
else
	skip "each is made from that recording" "chromium or node is not installed (scripts/deps)"
fi
