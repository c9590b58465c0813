/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats: is it a change, how large, and how sure is that. Effects are b - a; a and b are figures
 * of whole rounds, one number a round, never single events: events of one round depend on each
 * other. All is deterministic: the same rounds give the same interval. No percentile bootstrap: at
 * 3 to 6 rounds a side it calls 14 to 21 % of comparisons without a change a change.
 */
#ifndef LULL_MODEL_STATS_H
#define LULL_MODEL_STATS_H

#include <stdbool.h>
#include <stdint.h>

#define STATS_CONFIDENCE 0.95
#define STATS_POWER	 0.80 /* with which the smallest detectable effect would have been seen */
/* With fewer rounds a side (pairs), there is no interval. */
#define STATS_ROUNDS_MIN 3

struct stats_effect {
	double effect; /* mean of b less mean of a */
	bool has_interval;
	double low, high;   /* of the effect, at 95 %; 0 without */
	double p;	    /* of "no effect", two-sided; 1 without */
	double detectable;  /* see stats_paired(); INFINITY without */
	const char *method; /* in words, static */
};

/*
 * Pairs of rounds, @a[i] and @b[i], in random order within each pair. The mean of the differences
 * d, and:
 *
 * interval: from 6 pairs on, of the effects that a test by permutation of signs does not refuse.
 *   Its ends are order statistics of the means of the subsets of d ("typical values": Hartigan,
 *   JASA 64, 1969): all 2^n - 1 subsets up to 10 pairs, else 1999 random ones (Forsythe and
 *   Hartigan, Biometrika 57, 1970). Exact for any tails, as the random order makes d symmetric
 *   around a constant effect; between two order statistics it is interpolated, which matters at 6
 *   pairs only. 3 to 5 pairs have too few signs: mean +- t(0.975, n-1) s / sqrt(n) there.
 * p: Student's, of mean(d) sqrt(n) / s with n - 1 degrees of freedom. For symmetric d with heavy
 *   tails it is too large rather than too small (Benjamini, JASA 78, 1983).
 * detectable: (t(0.975, n-1) + t(0.80, n-1)) s / sqrt(n), the effect that such rounds would show
 *   in 80 of 100 trials (Bloom, Evaluation Review 19, 1995); in 74 with 6 pairs, whose signs are few.
 *
 * 0 or -ENOMEM.
 */
int stats_paired(const double *a, const double *b, unsigned int n, struct stats_effect *ret);

/*
 * Two groups of rounds that belong to nobody. The difference of their means, and:
 *
 * interval: Welch's: difference +- t(0.975, df) error with error = sqrt(s_a^2/n_a + s_b^2/n_b) and
 *   df by Welch and Satterthwaite (Welch, Biometrika 34, 1947). A group before and a group after
 *   seldom have the same spread, which a permutation of their values would take for granted: with
 *   6 a side, one spread 5 times the other, it calls 8 % a change. With heavy tails Welch's is
 *   wider than it must be.
 * p: Welch's. detectable: as above, with this error and df.
 */
void stats_unpaired(const double *a, unsigned int n_a, const double *b, unsigned int n_b,
		    struct stats_effect *ret);

/*
 * The same from an effect, and the standard errors of both sides with n - 1 degrees of freedom
 * each, however these came about.
 */
void stats_from_errors(double effect, double error_a, unsigned int n_a, double error_b,
		       unsigned int n_b, struct stats_effect *ret);

/*
 * Holm's correction of @n values p for having looked at n figures (Scandinavian Journal of
 * Statistics 6, 1979): sorted, the i-th is multiplied by n - i, never smaller than one before it.
 * Of those that stay at 0.05 or less, the chance that any is false is 5 % at most. -ENOMEM.
 */
int stats_holm(double *p, unsigned int n);

/*
 * The rate below which events stay at 95 %, when @count were seen in @time (in whatever unit):
 * the exact one-sided bound of a Poisson process. No event in 10 minutes: 0.2996 a minute.
 */
double stats_rate_bound(uint64_t count, double time);

/*
 * The order of @pairs pairs of rounds: ret_b_first[i] says that pair i begins with B. Half of the
 * pairs do (of an odd number: one more or less), so that a load that drifts steadily cancels;
 * which ones is random.
 */
void stats_order(uint64_t seed, unsigned int pairs, bool *ret_b_first);

/*
 * SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): the next of a sequence of 2^64 numbers of 64
 * bits. Any state is a seed.
 */
uint64_t stats_random(uint64_t *state);
/* From 0 to @below - 1, all alike (by rejection); 0 < below. */
uint64_t stats_random_below(uint64_t *state, uint64_t below);

double stats_mean(const double *x, unsigned int n);
/* With n - 1 below; 0 for a single value. */
double stats_variance(const double *x, unsigned int n);

/* For qsort(): doubles, ascending. */
int stats_compare_doubles(const void *a, const void *b);

#endif
