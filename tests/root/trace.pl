#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Holds what the flight recorder of a recording kept against the rest of it, and prints what differs:
#
#   trace.pl tiles    windows of a CPU lie apart; their events follow each other without a hole
#   trace.pl around   each stall is in a window, with what led up to it as far as it is to
#   trace.pl stalls   by name, what had the CPU in a stall is what its segments say
#   trace.pl sums     by name, what had a CPU has the time that the CPU's sources say
#
# The last two say in a comment how much they have compared.
use strict;
use warnings;
use JSON::PP;

my $rec = JSON::PP->new->decode(do { local $/; <STDIN> });
my $trace = $rec->{trace} or die "no flight recorder\n";
my %windows;
push @{ $windows{ $_->{cpu} } }, $_ for @{ $rec->{trace_windows} };

# Without the function that it ran, and what an interrupt over another is called there. Kernel workers
# change their names while they are looked at.
sub plain {
	my ($name) = @_;
	$name =~ s/^(irq|softirq) //;
	$name =~ s{^(kworker/[^- ]+)-\S*}{$1};
	$name =~ s/ \((hrtimer|csd|softirq|from|handler) [^()]*\)$//;
	$name =~ s/ \(work ([^()]*)\)$/ ($1)/;
	return $name;
}

# [begin, end, cause] of a CPU between two times.
sub events {
	my ($cpu, $from, $to) = @_;
	my @found;
	for my $w (@{ $windows{$cpu} }) {
		next if $w->{at_ns} >= $to || $w->{at_ns} + $w->{duration_ns} <= $from;
		for my $e (@{ $w->{events} }) {
			my ($begin, $end) = ($w->{at_ns} + $e->[0], $w->{at_ns} + $e->[0] + $e->[1]);
			$begin = $from if $begin < $from;
			$end = $to if $end > $to;
			push @found, [ $begin, $end, $trace->{causes}[ $e->[2] ] ] if $begin < $end;
		}
	}
	return @found;
}

sub tiles {
	for my $cpu (sort keys %windows) {
		my $last = -1;
		for my $w (@{ $windows{$cpu} }) {
			my $at = 0;
			print "CPU $cpu: a window at $w->{at_ns}, the one before ends at $last\n"
				if $w->{at_ns} <= $last;
			$last = $w->{at_ns} + $w->{duration_ns};
			for my $e (@{ $w->{events} }) {
				print "CPU $cpu, window $w->{at_ns}: an event at $e->[0], not at $at\n"
					if $e->[0] != $at;
				$at = $e->[0] + $e->[1];
			}
			print "CPU $cpu, window $w->{at_ns}: ends at $at, not at $w->{duration_ns}\n"
				if $at != $w->{duration_ns};
		}
	}
}

sub around {
	for my $s (@{ $rec->{stalls} }) {
		my $from = $s->{at_ns} - $trace->{before_ns};
		my $to = $s->{at_ns} + $s->{duration_ns};
		my @in = grep {
			$_->{at_ns} <= ($from > 0 ? $from : 0) && $_->{at_ns} + $_->{duration_ns} >= $to
				&& $_->{stall_ns} >= $s->{duration_ns}
		} @{ $windows{ $s->{cpu} } };
		print "the stall at $s->{at_ns} is in ", scalar(@in), " windows\n" if @in != 1;
	}
}

# What the tables group is told apart here, and what nobody saw has no name.
sub is_comparable {
	my ($s) = @_;
	return 0 if $s->{segments_dropped};
	# One that the end of the recording cut off was read without its labels.
	return 0 if $s->{at_ns} + $s->{duration_ns} >= $rec->{duration_ns} - 1000000;
	return !grep { $_->{name} =~ /\(several\)|^(others|and others|before the first|on its way|idle exit)/ }
		@{ $s->{segments} };
}

sub stalls {
	my $n = 0;
	for my $s (grep { is_comparable($_) } @{ $rec->{stalls} }) {
		my (%ran, %said);
		$ran{ $_->[2]{kind} eq 'run' ? 'in between' : plain($_->[2]{name}) } += $_->[1] - $_->[0]
			for events($s->{cpu}, $s->{at_ns}, $s->{at_ns} + $s->{duration_ns});
		$said{ plain($_->{name}) } += $_->{ns} for @{ $s->{segments} };
		delete $ran{NMI};
		for my $name (sort keys %{ { %ran, %said } }) {
			my ($have, $want) = ($ran{$name} // 0, $said{$name} // 0);
			print "the stall at $s->{at_ns}: $name had $have ns, its segments $want\n"
				if $have != $want;
		}
		$n++;
	}
	print "# $n stalls of ", scalar(@{ $rec->{stalls} }), "\n";
}

# A cause by what does not change: workers change their names while they are looked at. In ksoftirqd a
# softirq is its own source, and a label of the thread in the flight recorder.
sub source_of {
	my ($kind, $name, $id) = @_;
	return 'softirqs' if $kind eq 'softirq' || $name =~ m{^ksoftirqd/};
	return "$kind " . plain($name) if $kind =~ /^(irq|vector|nmi|lost)$/ || !$id;
	return "task $id";
}

sub sums {
	for my $c (@{ $rec->{cpus} }) {
		my (%have, %want, $all);
		$want{ source_of(@$_{qw(source name id)}) } += $_->{sum_ns} for @{ $c->{sources} };
		for my $e (events($c->{cpu}, 0, 9e18)) {
			$have{ source_of(@{ $e->[2] }{qw(kind name tid)}) } += $e->[1] - $e->[0];
			$all += $e->[1] - $e->[0];
		}
		next unless $all;
		# What was under way when the recording ended may be in the sources alone.
		my $rest = $c->{wall_ns} - $all;
		for my $name (sort keys %{ { %have, %want } }) {
			my $off = ($want{$name} // 0) - ($have{$name} // 0);
			print "CPU $c->{cpu}: $name has ", $have{$name} // 0, " ns, the sources ",
				$want{$name} // 0, "; $rest are not there\n" if $off && $off != $rest;
		}
		print "# CPU $c->{cpu}: $all of $c->{wall_ns} ns, ", scalar(keys %want), " names\n";
	}
}

my %checks = (tiles => \&tiles, around => \&around, stalls => \&stalls, sums => \&sums);
($checks{ $ARGV[0] // '' } or die "which check?\n")->();
