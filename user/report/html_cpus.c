/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_cpus: the CPUs of the host as they are built: packages, in them frames of what shares a
 * cache, in them cores with their threads side by side. What ran on each is html_cpu.c's. Where
 * the recording has no topology, CPUs stand in a row.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/str.h"
#include "model/rec_host.h"
#include "model/rec_place.h"
#include "model/rec_thread.h"
#include "model/recording.h"
#include "report/export.h"
#include "report/html.h"

#define CPUS_SHOWN     256
#define CPUS_TWICE     64 /* so many at most are shown of both sides */
#define SIBLINGS_SHOWN 16

/* The groups in which a CPU is, from the outside to the inside; each begins with those before. */
enum group { GROUP_PACKAGE, GROUP_LAST_CACHE, GROUP_CACHE, GROUP_CORE, N_GROUPS };

struct map {
	const struct recording *rec;
	struct cpuset *caches; /* of each of the recording's */
};

/* Where a CPU is: a number for each group, and the cache that is its frame, or NULL. */
struct spot {
	const struct rec_place *place;
	long group[N_GROUPS];
	const struct rec_cache *cache[N_GROUPS];
};

static const struct rec_place *place_of(const struct recording *rec, int cpu)
{
	for (unsigned int i = 0; i < rec->n_places; i++) {
		if (rec->places[i].cpu == cpu)
			return &rec->places[i];
	}
	return NULL;
}

/* Is the cache that of one core alone? */
static bool is_private(const struct map *map, unsigned int i, const struct rec_place *core)
{
	int cpu;

	for_each_cpu(cpu, &map->caches[i]) {
		const struct rec_place *place = place_of(map->rec, cpu);

		if (place && place->core != core->core)
			return false;
	}
	return true;
}

/* Caches come by rising level: the last shared one is a frame, and one below it. */
static void find_caches(const struct map *map, struct spot *spot)
{
	const struct recording *rec = map->rec;

	for (unsigned int i = 0; i < rec->n_caches; i++) {
		const struct rec_cache *cache = &rec->caches[i];

		if (streq(cache->type, "instruction") ||
		    !cpuset_has(&map->caches[i], (unsigned int)spot->place->cpu))
			continue;
		if (is_private(map, i, spot->place)) {
			spot->cache[GROUP_CORE] = cache;
			continue;
		}
		spot->cache[GROUP_CACHE] = spot->cache[GROUP_LAST_CACHE];
		spot->group[GROUP_CACHE] = spot->group[GROUP_LAST_CACHE];
		spot->cache[GROUP_LAST_CACHE] = cache;
		spot->group[GROUP_LAST_CACHE] = i;
	}
}

static void find_spot(const struct map *map, const struct rec_place *place, struct spot *ret)
{
	struct spot spot = { .place = place };

	spot.group[GROUP_PACKAGE] = (long)place->package * 65536 + place->node;
	spot.group[GROUP_LAST_CACHE] = spot.group[GROUP_CACHE] = -1;
	spot.group[GROUP_CORE] = place->core;
	find_caches(map, &spot);
	/* An older recording has no sizes. */
	if (!map->rec->n_caches)
		spot.group[GROUP_LAST_CACHE] = place->l3;
	*ret = spot;
}

static void write_cache(struct html *h, const struct rec_cache *cache)
{
	uint64_t kib = cache->bytes >> 10;

	html_print(h, "L%u", cache->level);
	if (kib >= 1024 && kib % 1024 == 0)
		html_print(h, " %u MiB", (unsigned int)(kib >> 10));
	else if (kib >= 1024)
		html_print(h, " %.2f MiB", (double)kib / 1024);
	else if (kib)
		html_print(h, " %u KiB", (unsigned int)kib);
}

static void begin_group(struct html *h, const struct spot *spot, enum group group)
{
	static const char *const classes[N_GROUPS] = {
		[GROUP_PACKAGE] = "cpus",
		[GROUP_LAST_CACHE] = "cache",
		[GROUP_CACHE] = "cache",
		[GROUP_CORE] = "core",
	};
	const struct rec_cache *cache = spot->cache[group];

	if (group == GROUP_PACKAGE) {
		html_print(h, "<h4>package %d", max(spot->place->package, 0));
		if (spot->place->node >= 0)
			html_print(h, ", memory %d", spot->place->node);
		html_print(h, "</h4>\n");
	}
	html_print(h, "<div class=\"%s\">", spot->group[group] < 0 ? "none" : classes[group]);
	if (group == GROUP_CORE)
		html_print(h, "<p class=\"kind\">core %d%s", spot->place->core, cache ? ", " : "");
	else if (cache)
		html_print(h, "<p class=\"kind\">shared ");
	if (cache)
		write_cache(h, cache);
	html_print(h, "%s", cache || group == GROUP_CORE ? "</p>\n" : "\n");
}

/* Places are sorted by package, node, last-level cache, core, CPU. */
static void write_places(struct html *h, const struct map *map)
{
	struct spot last = { .place = NULL };
	unsigned int n = min(map->rec->n_places, CPUS_SHOWN);

	for (unsigned int i = 0; i < n; i++) {
		unsigned int from = 0;
		struct spot spot;

		find_spot(map, &map->rec->places[i], &spot);
		while (last.place && from < N_GROUPS && spot.group[from] == last.group[from])
			from++;
		for (unsigned int k = from; last.place && k < N_GROUPS; k++)
			html_print(h, "</div>");
		for (unsigned int k = from; k < N_GROUPS; k++)
			begin_group(h, &spot, (enum group)k);
		html_cpu(h, map->rec, spot.place->cpu);
		last = spot;
	}
	for (unsigned int k = 0; k < N_GROUPS; k++)
		html_print(h, "</div>%s", k + 1 < N_GROUPS ? "" : "\n");
}

static void write_row(struct html *h, const struct recording *rec)
{
	struct cpuset online;

	cpuset_clear(&online);
	if (cpuset_parse(rec->cpus_online ?: "", &online) || cpuset_is_empty(&online)) {
		cpuset_clear(&online);
		for (unsigned int i = 0; i < rec->n_cpus; i++)
			cpuset_add(&online, (unsigned int)rec->cpus[i].cpu);
	}
	html_print(h, "<div class=\"cpus\">\n");
	for (unsigned int cpu = 0, n = 0; cpu < CPUSET_MAX && n < CPUS_SHOWN; cpu++) {
		if (!cpuset_has(&online, cpu))
			continue;
		n++;
		html_cpu(h, rec, (int)cpu);
	}
	html_print(h, "</div>\n");
}

static void write_map(struct html *h, const struct recording *rec)
{
	auto_free struct cpuset *caches = calloc(rec->n_caches + 1UL, sizeof(*caches));
	const struct map map = { .rec = rec, .caches = caches };

	if (!caches) {
		html_fail(h, -ENOMEM);
		return;
	}
	/* A list that is none holds no CPU. */
	for (unsigned int i = 0; i < rec->n_caches; i++) {
		if (cpuset_parse(rec->caches[i].cpus, &caches[i]))
			cpuset_clear(&caches[i]);
	}
	if (rec->n_places)
		write_places(h, &map);
	else
		write_row(h, rec);
}

/* SMT: who shares its core with work of the host runs slower, and no ledger shows it. */
static void write_siblings(struct html *h, const struct recording *rec)
{
	for (unsigned int i = 0, n = 0; i < rec->n_threads && n < SIBLINGS_SHOWN; i++) {
		const struct rec_thread *thread = &rec->threads[i];
		auto_str struct str victim = { .s = NULL };
		char share[32];

		if (!thread->has_sibling || !thread->sibling_ns)
			continue;
		n++;
		html_fail(h, export_add_victim(thread, &victim));
		html_print(h, "<p class=\"about\">While <bdi>");
		html_str(h, &victim);
		html_print(
			h,
			"</bdi> was on a CPU, tasks of the host had its sibling for %s %% of the "
			"time.</p>\n",
			html_share(thread->sibling_ns, thread->wall_ns, share, sizeof(share)));
	}
}

static void write_legend(struct html *h, const struct recording *rec)
{
	static const char *const kinds[][2] = {
		{ "victim", "the victims" },  { "task", "another task" }, { "irq", "interrupt" },
		{ "vector", "timer or IPI" }, { "softirq", "softirq" },
	};

	html_print(h, "<p class=\"legend\">");
	for (unsigned int i = rec->n_threads ? 0 : 1; i < ARRAY_SIZE(kinds); i++)
		html_print(h, "<span><i class=\"key %s\"></i>%s</span> ",
			   html_kind_class(kinds[i][0]), kinds[i][1]);
	html_print(h, "</p>\n");
}

void html_cpus(struct html *h)
{
	unsigned int last = h->what->n_sides - 1;
	const struct recording *rec = h->what->sides[last].rec;

	if (!rec->n_cpus)
		return;
	html_section(h, "cpus", "Where it ran");
	html_print(
		h,
		"<p class=\"about\">Per cent of a CPU's time.%s Threads of one core stand side by "
		"side%s.</p>\n",
		rec->n_host_cpus ? " Of the host's CPUs it is the kernel's own count, in steps of "
				   "10 ms, and which interrupts came how often."
				 : "",
		rec->n_caches ? "; a frame is a cache that they share" : "");
	write_legend(h, rec);
	for (unsigned int side = 0; side <= last; side++) {
		if (side < last && rec->n_places > CPUS_TWICE)
			continue;
		if (last) {
			html_print(h, "<h3><i class=\"key %s\"></i>", html_side_class(side));
			html_text(h, html_side_name(h, side));
			html_print(h, "</h3>\n");
		}
		write_map(h, h->what->sides[side].rec);
		write_siblings(h, h->what->sides[side].rec);
	}
	html_section_end(h);
}
