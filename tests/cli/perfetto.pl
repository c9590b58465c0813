#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reads the text that protoc makes of a trace and prints what the trace says, sorted: a line for
# each slice with its track, category, name, start and length. Dies when a packet holds a field
# that the schema lacks, a track was not described before its event, or slices do not nest.
use strict;
use warnings;

my (%tracks, %open, %packet, @path, @lines, @clocks);
my $start = shift // 0;

sub finish {
	my %p = %packet;
	%packet = ();
	push @clocks, "clock $p{clock_id} $p{clock_time}" if $p{clock_id};
	if ($p{uuid}) {
		die "track $p{uuid} twice\n" if $tracks{$p{uuid}};
		die "track $p{uuid}: no parent $p{parent}\n" if $p{parent} && !$tracks{$p{parent}};
		$tracks{$p{uuid}} = $p{thread_name} // $p{process_name} // $p{name} // die "no name\n";
		return;
	}
	my $track = $p{track_uuid} or return;
	my $type = $p{type};
	die "event on track $track, which was not described\n" unless $tracks{$track};
	if ($type eq 'SLICE_BEGIN') {
		die "no name\n" unless defined $p{name};
		push @{ $open{$track} }, [ $p{timestamp}, $p{categories}, $p{name} ];
	} elsif ($type eq 'SLICE_END') {
		my $slice = pop @{ $open{$track} } or die "an end without a beginning\n";
		my $ns = $p{timestamp} - $slice->[0];
		die "ends before it begins\n" if $ns < 0;
		push @lines, join "\t", $tracks{$track}, @$slice[1, 2], $slice->[0] - $start, $ns;
	} else {
		push @lines, join "\t", $tracks{$track}, 'counter', $p{timestamp} - $start, $p{counter_value};
	}
}

while (<STDIN>) {
	if (/^\s*(\w+) \{/) {
		die "unknown field $1\n" if $1 =~ /^\d/;
		push @path, $1;
	} elsif (/^\s*\}/) {
		my $what = pop @path;
		if ($what eq 'clocks') {
			push @clocks, "clock $packet{clock_id} $packet{clock_time}";
			delete @packet{qw(clock_id clock_time)};
		}
		finish() if $what eq 'packet';
	} elsif (/^\s*(\w+): (.*)$/) {
		my ($key, $value) = ($1, $2);
		die "unknown field $key\n" if $key =~ /^\d/;
		$value = $1 if $value =~ /^"(.*)"$/;
		next if grep { $_ eq 'debug_annotations' } @path;
		$key = 'clock_time' if $key eq 'timestamp' && $path[-1] eq 'clocks';
		$key = 'parent' if $key eq 'parent_uuid';
		$packet{$key} = $value;
	}
}
for my $track (keys %open) {
	die "a slice of $tracks{$track} does not end\n" if @{ $open{$track} };
}
print map { "$_\n" } @clocks, sort @lines;
