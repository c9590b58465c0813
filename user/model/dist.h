/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dist: the few distribution functions that our statistics need. Pure arithmetic; relative error
 * below 1e-9, which tests check against published tables.
 */
#ifndef LULL_MODEL_DIST_H
#define LULL_MODEL_DIST_H

#include <stdint.h>

/*
 * The regularised incomplete beta function I_x(a, b), by its continued fraction (Abramowitz and
 * Stegun, Handbook of Mathematical Functions, 26.5.8).
 */
double dist_beta(double a, double b, double x);

/*
 * Student's t with @df degrees of freedom, which need not be whole: the probability of a value
 * farther from 0 than @t (26.7.1: I_{df/(df+t^2)}(df/2, 1/2)), and the value below which a share
 * @p lies, 0 < p < 1, by bisection of the former.
 */
double dist_t_beyond(double t, double df);
double dist_t_quantile(double p, double df);

/*
 * The largest mean of a Poisson distribution under which @count or fewer events still have a
 * probability of 1 - @confidence: the exact upper bound (Garwood, Biometrika 28, 1936). With no
 * event it is -ln(1 - confidence): 2.996 at 95 %.
 */
double dist_poisson_upper(uint64_t count, double confidence);

#endif
