/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scale_make: writes the large inputs. The recording is one of the expected outputs of the tests,
 * its threads, CPUs and stalls repeated under other numbers.
 */
#include "bench/scale.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <json-c/json.h>

#include "base/cleanup.h"

#define GOLDEN	  "tests/golden/noise.json"
#define SOURCES	  60 /* of one CPU */
#define BINS	  60 /* of one source */
#define FIRST_BIN 112

/* The file @path below @dir, its directories made. */
static FILE *create(const char *dir, const char *path)
{
	char full[512];

	(void)snprintf(full, sizeof(full), "%s/%s", dir, path);
	for (char *slash = full + strlen(dir) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		(void)mkdir(full, 0755);
		*slash = '/';
	}
	return fopen(full, "we");
}

static int put(const char *dir, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int put(const char *dir, const char *path, const char *fmt, ...)
{
	FILE *f = create(dir, path);
	va_list args;

	if (!f)
		return -errno;
	va_start(args, fmt);
	(void)vfprintf(f, fmt, args);
	va_end(args);
	return fclose(f) ? -errno : 0;
}

static int make_interrupts(const char *dir, unsigned int interrupts, unsigned int cpus)
{
	FILE *f = create(dir, "proc/interrupts");

	if (!f)
		return -errno;
	(void)fputs("      ", f);
	for (unsigned int i = 0; i < cpus; i++)
		(void)fprintf(f, "     CPU%-3u", i);
	for (unsigned int k = 0; k < interrupts; k++) {
		(void)fprintf(f, "\n%5u:", k + 16);
		for (unsigned int i = 0; i < cpus; i++)
			(void)fprintf(f, " %10u", i % interrupts == k ? 123456789 : (i * k) % 7);
		(void)fprintf(f, "  IR-PCI-MSIX-0000:%02x:00.0  %3u-edge      nvme%uq%u",
			      k / 64 % 256, k % 64, k / 64, k % 64);
	}
	(void)fputc('\n', f);
	return fclose(f) ? -errno : 0;
}

static int make_lines(const char *dir, unsigned int interrupts, unsigned int cpus)
{
	char path[128];
	int err = 0;

	for (unsigned int k = 0; k < interrupts && !err; k++) {
		const unsigned int irq = k + 16;

		(void)snprintf(path, sizeof(path), "proc/irq/%u/smp_affinity_list", irq);
		err = put(dir, path, "0-%u\n", cpus - 1);
		(void)snprintf(path, sizeof(path), "proc/irq/%u/effective_affinity_list", irq);
		err = err ?: put(dir, path, "%u\n", k % cpus);
		(void)snprintf(path, sizeof(path), "sys/kernel/irq/%u/actions", irq);
		err = err ?: put(dir, path, "nvme%uq%u\n", k / 64, k % 64);
	}
	return err;
}

static int make_cpus(const char *dir, unsigned int cpus)
{
	char path[128];
	int err = put(dir, "sys/devices/system/cpu/online", "0-%u\n", cpus - 1);

	err = err ?: put(dir, "sys/devices/system/cpu/possible", "0-%u\n", cpus - 1);
	for (unsigned int i = 0; i < cpus && !err; i++) {
		(void)snprintf(path, sizeof(path),
			       "sys/devices/system/cpu/cpu%u/topology/core_cpus_list", i);
		err = put(dir, path, "%u-%u\n", i & ~1U, i | 1);
	}
	return err;
}

int scale_make_host(const char *dir, unsigned int interrupts, unsigned int cpus)
{
	int err = make_interrupts(dir, interrupts, cpus);

	err = err ?: make_lines(dir, interrupts, cpus);
	err = err ?: put(dir, "proc/irq/default_smp_affinity", "ffffffff\n");
	err = err
		      ?: put(dir, "proc/sys/kernel/random/boot_id",
			     "11111111-2222-3333-4444-555555555555\n");
	return err ?: make_cpus(dir, cpus);
}

/* A deep copy of element @i of an array that repeats; NULL: no memory. */
static struct json_object *repeat(struct json_object *array, unsigned int i)
{
	struct json_object *copy = NULL;

	if (json_object_deep_copy(
		    json_object_array_get_idx(array, i % json_object_array_length(array)), &copy,
		    NULL))
		return NULL;
	return copy;
}

static void set_int(struct json_object *object, const char *key, int64_t value)
{
	(void)json_object_object_add(object, key, json_object_new_int64(value));
}

static void set_text(struct json_object *object, const char *key, const char *fmt, unsigned int i)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%s %u", fmt, i);
	(void)json_object_object_add(object, key, json_object_new_string(text));
}

/* A histogram of one digit with something in BINS bins, as the format wants it. */
static struct json_object *make_hist(void)
{
	struct json_object *hist = json_object_new_object(), *buckets = json_object_new_array();
	int64_t sum = 0;

	for (unsigned int i = 0; i < BINS; i++) {
		const unsigned int slot = FIRST_BIN + i, shift = (slot >> 4) - 1;
		const int64_t low = (int64_t)(16 | (slot & 15)) << shift;
		struct json_object *bucket = json_object_new_array();

		sum += low;
		(void)json_object_array_add(bucket, json_object_new_int64(low));
		(void)json_object_array_add(bucket, json_object_new_int64(low + (1 << shift) - 1));
		(void)json_object_array_add(bucket, json_object_new_int64(1));
		(void)json_object_array_add(buckets, bucket);
	}
	(void)json_object_object_add(hist, "unit", json_object_new_string("ns"));
	set_int(hist, "digits", 1);
	set_int(hist, "count", BINS);
	set_int(hist, "sum", sum);
	set_int(hist, "min", 16 << ((FIRST_BIN >> 4) - 1));
	set_int(hist, "max", sum / 2);
	(void)json_object_object_add(hist, "buckets", buckets);
	return hist;
}

/* As many sources as a busy CPU has, each with a histogram. */
static void more_sources(struct json_object *cpu)
{
	struct json_object *sources = json_object_object_get(cpu, "sources");

	for (unsigned int i = (unsigned int)json_object_array_length(sources); i < SOURCES; i++) {
		struct json_object *source = repeat(sources, i);

		set_text(source, "name", "source", i);
		set_int(source, "count", BINS);
		(void)json_object_object_add(source, "hist", make_hist());
		(void)json_object_array_add(sources, source);
	}
}

static struct json_object *make_array(struct json_object *from, unsigned int n)
{
	struct json_object *to = json_object_new_array();

	for (unsigned int i = 0; i < n; i++)
		(void)json_object_array_add(to, repeat(from, i));
	return to;
}

static void enlarge(struct json_object *recording, unsigned int vcpus, unsigned int stalls)
{
	struct json_object *threads =
		make_array(json_object_object_get(recording, "threads"), vcpus);
	struct json_object *cpus = make_array(json_object_object_get(recording, "cpus"), vcpus);
	struct json_object *all = make_array(json_object_object_get(recording, "stalls"), stalls);

	for (unsigned int i = 0; i < vcpus; i++) {
		struct json_object *thread = json_object_array_get_idx(threads, i);
		struct json_object *cpu = json_object_array_get_idx(cpus, i);

		set_int(thread, "tid", 100000 + i);
		set_int(thread, "vcpu", i);
		set_text(thread, "comm", "CPU", i);
		set_int(cpu, "cpu", i);
		more_sources(cpu);
	}
	for (unsigned int i = 0; i < stalls; i++) {
		struct json_object *stall = json_object_array_get_idx(all, i);

		set_int(stall, "tid", 100000 + i % max(vcpus, 1));
		set_int(stall, "cpu", i % max(vcpus, 1));
		set_int(stall, "at_ns", (int64_t)i * 3600000000000LL / stalls);
	}
	set_int(recording, "duration_ns", 3600000000000LL);
	(void)json_object_object_add(recording, "threads", threads);
	(void)json_object_object_add(recording, "cpus", cpus);
	(void)json_object_object_add(recording, "stalls", all);
}

int scale_make_recording(const char *path, unsigned int vcpus, unsigned int stalls)
{
	struct json_object *recording = json_object_from_file(GOLDEN);
	int err;

	if (!recording)
		return -ENOENT;
	enlarge(recording, vcpus, stalls);
	err = json_object_to_file_ext(path, recording, JSON_C_TO_STRING_PLAIN) ? -EIO : 0;
	(void)json_object_put(recording);
	return err;
}
