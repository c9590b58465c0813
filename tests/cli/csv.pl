#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reads CSV as RFC 4180 has it and prints it with tabs; dies on a line with another number of cells
# than the header, on a quote in the wrong place, and on a cell that a spreadsheet would compute.
use strict;
use warnings;

local $/;
my $text = <STDIN>;
my ($columns, $line) = (undef, 0);
while (length $text) {
	my @cells;
	$line++;
	while (1) {
		my $cell;
		if ($text =~ s/^"((?:[^"]|"")*)"//) {
			($cell = $1) =~ s/""/"/g;
		} elsif ($text =~ s/^([^",\r\n]*)//) {
			$cell = $1;
		}
		die "line $line: a formula: $cell\n" if $cell =~ /^\s*[=+\-@\t\r\n]/;
		push @cells, $cell;
		last if $text =~ s/^\r\n//;
		$text =~ s/^,// or die "line $line: cell " . @cells . " is not quoted right\n";
	}
	$columns //= @cells;
	die "line $line: " . @cells . " cells, not $columns\n" if @cells != $columns;
	print join("\t", @cells), "\n";
}
