/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * goal: the union of the layers that chose a knob.
 */
#include "isolate/goal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"

void layer_done(struct layer *layer)
{
	if (!layer)
		return;
	free(layer->id);
	free(layer->name);
	*layer = (struct layer){ .id = NULL };
}

int layer_copy(const struct layer *layer, struct layer **ret)
{
	struct layer *copy = calloc(1, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *layer;
	copy->id = strdup(layer->id);
	copy->name = strdup(layer->name);
	if (!copy->id || !copy->name) {
		layer_free(&copy);
		return -ENOMEM;
	}
	*ret = copy;
	return 0;
}

void layer_free(struct layer **layer)
{
	if (!*layer)
		return;
	layer_done(*layer);
	free(*layer);
	*layer = NULL;
}

int goal_init(struct goal *ret, struct layer *const *layers, unsigned int n_layers,
	      unsigned int knob, const struct cpuset *online)
{
	struct goal goal = { .online = *online, .host = *online };

	goal.layers = calloc(n_layers ?: 1, sizeof(void *));
	if (!goal.layers)
		return -ENOMEM;
	for (unsigned int i = 0; i < n_layers; i++) {
		if (!(layers[i]->knobs >> knob & 1))
			continue;
		goal.layers[goal.n_layers++] = layers[i];
		cpuset_or(&goal.guest, &layers[i]->guest);
	}
	cpuset_subtract(&goal.host, &goal.guest);
	*ret = goal;
	return 0;
}

void goal_done(struct goal *goal)
{
	if (!goal)
		return;
	free(goal->layers);
	*goal = (struct goal){ .layers = NULL };
}

void goal_keep_out(const struct goal *goal, const struct cpuset *orig, struct cpuset *ret)
{
	struct cpuset left = *orig, online;

	if (cpuset_is_empty(&goal->guest)) {
		*ret = *orig;
		return;
	}
	cpuset_subtract(&left, &goal->guest);
	online = left;
	cpuset_and(&online, &goal->online);
	*ret = cpuset_is_empty(&online) ? goal->host : left;
}
