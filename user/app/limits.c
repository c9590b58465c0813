/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/limits.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>

#include "app/cmd.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/str.h"
#include "model/rows.h"

#define PER_CENT 10000 /* of a million */

/* "12.3456": four decimals at most, without a point between: 123456. -EINVAL, -ERANGE. */
static int parse_decimal(const char *text, size_t len, uint32_t *ret)
{
	char digits[32];
	size_t n = 0, point = len;
	uint32_t decimals = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.' && point == len && i)
			point = i;
		else if (n < sizeof(digits) - 5)
			digits[n++] = text[i];
		else
			return -EINVAL;
	}
	decimals = point == len ? 0 : (uint32_t)(len - point - 1);
	if (!n || decimals > 4 || (point != len && !decimals))
		return -EINVAL;
	while (decimals++ < 4)
		digits[n++] = '0';
	digits[n] = '\0';
	return parse_u32(digits, ret);
}

int limits_parse_share(const char *text, double *ret)
{
	size_t len = strlen(text);
	uint32_t value;

	if (str_ends(text, "pp"))
		len -= 2;
	else if (str_ends(text, "%"))
		len -= 1;
	if (parse_decimal(text, len, &value) || value > 100 * PER_CENT)
		return -EINVAL;
	*ret = (double)value / (100 * PER_CENT);
	return 0;
}

int limits_parse_quantile(const char *text, uint32_t *ret)
{
	uint32_t value;

	if (parse_decimal(text, strlen(text), &value) || !value || value >= 100 * PER_CENT)
		return -EINVAL;
	*ret = value;
	return 0;
}

static int refuse(const char *option, const char *text, const char *why)
{
	log_error("verify: --%s %s: %s", option, text, why);
	return EXIT_ERROR;
}

static int add(struct limits *limits, const struct gate_limit *limit)
{
	if (limits->n == GATE_LIMITS_MAX) {
		log_error("verify: more than %d limits", GATE_LIMITS_MAX);
		return EXIT_ERROR;
	}
	limits->v[limits->n++] = *limit;
	return 0;
}

/* "A=B" into two strings. */
static int split(const char *text, char left[32], const char **ret_right)
{
	const char *sign = strchr(text, '=');

	if (!sign || sign == text || sign - text >= 32)
		return -EINVAL;
	str_copy(left, 32, text, (size_t)(sign - text));
	*ret_right = sign + 1;
	return 0;
}

static int add_quantile(const char *text, struct limits *limits)
{
	struct gate_limit limit = { .kind = GATE_QUANTILE };
	const char *time;
	char name[32];

	if (split(text, name, &time) || limits_parse_quantile(name, &limit.quantile) ||
	    parse_duration_ns(time, &limit.most))
		return refuse("quantile", text,
			      "a quantile and a time, --p99.9 10us or --quantile 99.9=10us; "
			      "four decimals at most");
	return add(limits, &limit);
}

static int add_row(const char *text, struct limits *limits)
{
	struct gate_limit limit = { .kind = GATE_ROW };
	const struct row *row;
	const char *share;
	char name[32];

	if (split(text, name, &share) || limits_parse_share(share, &limit.share))
		return refuse("row", text, "a row and a share, as in irq=0.1%");
	row = rows_find(name);
	limit.row = row ? row->name : rows_source(name);
	if (!limit.row)
		return refuse("row", text, "no such row; lull-record(8), LEDGER, has their names");
	return add(limits, &limit);
}

static int read_clean(const char *text, struct verdict_limits *verdict)
{
	const char *comma = strchr(text, ',');
	auto_free char *share = comma ? strndup(text, (size_t)(comma - text)) : NULL;

	if (!share || limits_parse_share(share, &verdict->clean_share) ||
	    parse_duration_ns(comma + 1, &verdict->clean_stall_ns))
		return refuse("clean", text, "a share and a duration, as in 1%,1ms");
	return 0;
}

int limits_read(const struct limits_request *request, struct limits *ret)
{
	struct gate_limit limit = { .kind = GATE_LONGEST, .most = request->longest_ns };
	int code = 0;

	*ret = (struct limits){ .verdict = verdict_defaults };
	if (request->clean)
		code = read_clean(request->clean, &ret->verdict);
	if (!code && request->min_effect &&
	    limits_parse_share(request->min_effect, &ret->verdict.min_effect))
		code = refuse("min-effect", request->min_effect, "percentage points, as in 0.5");
	if (!code && limit.most)
		code = add(ret, &limit);
	for (unsigned int i = 0; i < request->quantiles.n && !code; i++)
		code = add_quantile(request->quantiles.v[i], ret);
	limit = (struct gate_limit){ .kind = GATE_STALLS };
	if (!code && request->stalls)
		code = parse_u64(request->stalls, &limit.most)
			       ? refuse("stalls", request->stalls, "not a number")
			       : add(ret, &limit);
	for (unsigned int i = 0; i < request->rows.n && !code; i++)
		code = add_row(request->rows.v[i], ret);
	return code;
}

void limits_add_clean(struct limits *limits)
{
	limits->v[limits->n++] =
		(struct gate_limit){ .kind = GATE_TAKEN, .share = limits->verdict.clean_share };
	limits->v[limits->n++] =
		(struct gate_limit){ .kind = GATE_LONGEST, .most = limits->verdict.clean_stall_ns };
}

void limits_free_args(char ***args)
{
	for (unsigned int i = 0; *args && (*args)[i]; i++)
		free((*args)[i]);
	free(*args);
	*args = NULL;
}

/* "--p99.9": the quantile; NULL: another word. */
static const char *quantile_in(const char *word)
{
	return str_starts(word, "--p") && isdigit((unsigned char)word[3]) ? word + 3 : NULL;
}

/* One word of the user's, or two, as one or two of ours. How many were taken; 0: no memory. */
static int expand(char **from, char **to, unsigned int *n)
{
	const char *quantile = quantile_in(from[0]);
	int taken = 1;

	if (!quantile) {
		to[*n] = strdup(from[0]);
		return to[(*n)++] ? 1 : 0;
	}
	to[*n] = strdup("--quantile");
	if (!to[(*n)++])
		return 0;
	if (!strchr(quantile, '=') && from[1])
		taken = asprintf(&to[*n], "%s=%s", quantile, from[1]) < 0 ? 0 : 2;
	else
		to[*n] = strdup(quantile);
	if (!taken)
		to[*n] = NULL;
	return to[(*n)++] ? taken : 0;
}

char **limits_expand_args(int argc, char **argv, int *ret_argc)
{
	char **args = calloc(2 * (size_t)argc + 1, sizeof(*args));
	unsigned int n = 0;
	bool is_over = false;
	int taken = 1;

	for (int i = 0; args && i < argc && taken; i += taken) {
		is_over |= streq(argv[i], "--");
		if (is_over)
			taken = (args[n++] = strdup(argv[i])) ? 1 : 0;
		else
			taken = expand(argv + i, args, &n);
	}
	if (!taken)
		limits_free_args(&args);
	*ret_argc = (int)n;
	return args;
}
