/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of model/dist, against published tables.
 */
#include "model/dist.h"

#include <math.h>

#include "base/cleanup.h"
#include "test.h"

static bool is_near(double got, double want, double error)
{
	return fabs(got - want) <= error;
}

/* NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2; the last one is the normal's. */
TEST(dist_t_quantile__is_that_of_the_tables)
{
	static const struct {
		double p, df, t;
	} rows[] = {
		{ 0.975, 1, 12.706 }, { 0.975, 2, 4.303 },   { 0.975, 5, 2.571 },
		{ 0.975, 10, 2.228 }, { 0.975, 30, 2.042 },  { 0.95, 5, 2.015 },
		{ 0.90, 11, 1.363 },  { 0.99, 29, 2.462 },   { 0.999, 4, 7.173 },
		{ 0.995, 2, 9.925 },  { 0.975, 1e9, 1.960 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK(is_near(dist_t_quantile(rows[i].p, rows[i].df), rows[i].t, 0.0006));
}

TEST(dist_t_quantile__is_symmetric)
{
	CHECK(is_near(dist_t_quantile(0.025, 7), -dist_t_quantile(0.975, 7), 1e-9));
	CHECK(is_near(dist_t_quantile(0.5, 7), 0, 1e-9));
}

/* With 1 and 2 degrees of freedom there are closed forms. */
TEST(dist_t_beyond__is_that_of_the_closed_forms)
{
	for (unsigned int i = 0; i < 12; i++) {
		double t = 0.01 * pow(3, i);
		double one = 1 - 2 * atan(t) / M_PI, two = 1 - t / sqrt(2 + t * t);

		CHECK(is_near(dist_t_beyond(t, 1), one, 1e-10));
		CHECK(is_near(dist_t_beyond(-t, 2), two, 1e-10));
	}
	CHECK(dist_t_beyond(INFINITY, 3) <= 0);
	CHECK(is_near(dist_t_beyond(0, 3), 1, 1e-12));
}

TEST(dist_beta__is_that_of_polynomials)
{
	for (unsigned int i = 0; i <= 8; i++) {
		double x = i / 8.0;

		CHECK(is_near(dist_beta(1, 1, x), x, 1e-12));
		CHECK(is_near(dist_beta(2, 2, x), x * x * (3 - 2 * x), 1e-12));
		CHECK(is_near(dist_beta(3, 1, x), x * x * x, 1e-12));
	}
}

/* Garwood's table: upper limits of one-sided 95 % (two-sided 90 %). */
TEST(dist_poisson_upper__is_that_of_the_tables)
{
	static const struct {
		uint64_t count;
		double mean;
	} rows[] = { { 0, 2.996 },  { 1, 4.744 },   { 2, 6.296 },   { 3, 7.754 },
		     { 5, 10.513 }, { 10, 16.962 }, { 20, 29.062 }, { 30, 40.691 } };

	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK(is_near(dist_poisson_upper(rows[i].count, 0.95), rows[i].mean, 0.0006));
}

TEST(dist_poisson_upper__is_normal_for_many)
{
	double bound = dist_poisson_upper(100000000, 0.95);

	CHECK(is_near((bound - 1e8) / 1e4, 1.645, 0.001));
}
