/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dist: distribution functions by textbook formulas; quantiles by bisection, which is slow and
 * always right. Called a few hundred times a report.
 */
#include "model/dist.h"

#include <math.h>

#define EPSILON	   1e-14
#define MAX_TERMS  10000
#define BISECTIONS 200

/* Lentz's algorithm must not divide by 0. */
static double not_zero(double x)
{
	return fabs(x) < 1e-300 ? 1e-300 : x;
}

/* The continued fraction of I_x(a, b); converges fast for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x)
{
	double c = 1, d = 1 / not_zero(1 - (a + b) * x / (a + 1)), f = d;

	for (int m = 1; m < MAX_TERMS; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double step;

		d = 1 / not_zero(1 + even * d);
		c = not_zero(1 + even / c);
		f *= c * d;
		d = 1 / not_zero(1 + odd * d);
		c = not_zero(1 + odd / c);
		step = c * d;
		f *= step;
		if (fabs(step - 1) < EPSILON)
			break;
	}
	return f;
}

double dist_beta(double a, double b, double x)
{
	double front;

	if (x <= 0 || x >= 1)
		return x <= 0 ? 0 : 1;
	front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(a, b, x) / a;
	return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double dist_t_beyond(double t, double df)
{
	if (isinf(t))
		return 0;
	return dist_beta(df / 2, 0.5, df / (df + t * t));
}

double dist_t_quantile(double p, double df)
{
	double beyond = p < 0.5 ? 2 * p : 2 * (1 - p);
	double low = 0, high = 1;

	while (dist_t_beyond(high, df) > beyond && high < 1e300)
		high *= 2;
	for (int i = 0; i < BISECTIONS && high - low > EPSILON * high; i++) {
		double mid = (low + high) / 2;

		if (dist_t_beyond(mid, df) > beyond)
			low = mid;
		else
			high = mid;
	}
	return p < 0.5 ? -high : high;
}

/* The probability of @count events or fewer: its terms from the largest on, until they vanish. */
static double poisson_at_most(uint64_t count, double mean)
{
	double k = (double)count;
	double term = exp(k * log(mean) - mean - lgamma(k + 1)), sum = term;

	for (uint64_t i = count; i > 0 && term > sum * EPSILON; i--) {
		term *= (double)i / mean;
		sum += term;
	}
	return sum;
}

double dist_poisson_upper(uint64_t count, double confidence)
{
	double low = (double)count, high = low + 10 * sqrt(low) + 50;

	for (int i = 0; i < BISECTIONS && high - low > EPSILON * high; i++) {
		double mid = (low + high) / 2;

		if (poisson_at_most(count, mid) > 1 - confidence)
			low = mid;
		else
			high = mid;
	}
	return high;
}
