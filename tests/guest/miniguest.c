/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * miniguest: a KVM guest for demo and tests, where QEMU is too much. One thread per vCPU, named as
 * QEMU names them, doing what --mode says until --secs are over or SIGTERM comes. At the end one
 * line of JSON says what really happened. One passed-through device at most, no operating system,
 * no configuration files.
 */
#include <errno.h>
#include <getopt.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/parse.h"
#include "passthrough.h"
#include "stats.h"
#include "vm.h"

#define NS_PER_SEC 1000000000ULL
#define REASONS	   64 /* KVM_EXIT_* */

struct load {
	enum guest_mode mode;
	uint32_t rate_hz; /* 0: as fast as it goes (pio) or 100 (hlt) */
};

struct options {
	const char *comm;
	bool named; /* threads are called "CPU n/KVM" */
	uint32_t vcpus;
	struct load loads[GUEST_VCPUS_MAX];
	struct cpuset pin;    /* empty: not pinned; else one each, round robin */
	uint64_t duration_ns; /* 0: until a signal */
	const char *vfio;     /* a device to pass through, by its address; or NULL */
	uint32_t dest;	      /* the vCPU that its interrupts go to */
	uint32_t vfio_rate_hz;
};

struct vcpu {
	struct guest_vcpu kvm;
	struct load load;
	unsigned int index;
	bool named;
	int cpu; /* pinned to, or -1 */
	pid_t tid;
	pthread_t thread;
	atomic_bool *stop;
	uint64_t exits[REASONS];
	int err; /* why it ended before it was told to */
};

static const char *const reason_names[REASONS] = {
	[KVM_EXIT_UNKNOWN] = "unknown",
	[KVM_EXIT_EXCEPTION] = "exception",
	[KVM_EXIT_IO] = "io",
	[KVM_EXIT_HLT] = "hlt",
	[KVM_EXIT_MMIO] = "mmio",
	[KVM_EXIT_SHUTDOWN] = "shutdown",
	[KVM_EXIT_FAIL_ENTRY] = "fail_entry",
	[KVM_EXIT_INTR] = "intr",
	[KVM_EXIT_INTERNAL_ERROR] = "internal_error",
};

static const char usage[] =
	"usage: miniguest [options]\n"
	"  --vcpus N            number of vCPUs (default 2, at most 16)\n"
	"  --mode M[,M...]      per vCPU, the last one repeats (default spin):\n"
	"                       spin | pio[:RATE] | hlt[:RATE] | cpuid | idle | irq\n"
	"  --pin CPULIST        pin each vCPU thread to one CPU of the list, round robin\n"
	"  --secs TIME          how long (10, 500ms, ...); without it until SIGTERM\n"
	"  --comm NAME          name of the process (default miniguest)\n"
	"  --debug-threads=off  leave the vCPU threads without names of their own\n"
	"  --vfio BDF           pass this device through (its driver is vfio-pci); each line on\n"
	"                       stdin is a number of interrupts that it shall raise\n"
	"  --dest N             the vCPU they go to, whose mode is irq (default 0)\n"
	"  --vfio-rate N        at most so many a second (default 250)\n";

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

static struct timespec timespec_from_ns(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / NS_PER_SEC),
				  .tv_nsec = (long)(ns % NS_PER_SEC) };
}

static int parse_load(const char *text, size_t len, struct load *ret)
{
	const char *colon = memchr(text, ':', len);
	struct load load = { .rate_hz = 0 };
	char rate[16];
	size_t n;
	int err;

	err = guest_mode_parse(text, colon ? (size_t)(colon - text) : len, &load.mode);
	if (err)
		return err;
	if (colon) {
		n = len - (size_t)(colon + 1 - text);
		if (n >= sizeof(rate))
			return -ERANGE;
		memcpy(rate, colon + 1, n);
		rate[n] = '\0';
		err = parse_u32(rate, &load.rate_hz);
		if (err)
			return err;
	}
	if (load.mode == GUEST_HLT && load.rate_hz == 0)
		load.rate_hz = 100;
	*ret = load;
	return 0;
}

static int parse_loads(const char *text, struct load loads[GUEST_VCPUS_MAX])
{
	size_t count = 0;

	for (;;) {
		size_t len = strcspn(text, ",");
		int err;

		if (count == GUEST_VCPUS_MAX)
			return -E2BIG;
		err = parse_load(text, len, &loads[count]);
		if (err)
			return err;
		count++;
		if (text[len] == '\0')
			break;
		text += len + 1;
	}
	for (size_t i = count; i < GUEST_VCPUS_MAX; i++)
		loads[i] = loads[count - 1];
	return 0;
}

static int parse_named(const char *text, bool *ret)
{
	if (!streq(text, "on") && !streq(text, "off"))
		return -EINVAL;
	*ret = streq(text, "on");
	return 0;
}

static int parse_vcpus(const char *text, uint32_t *ret)
{
	uint32_t count;
	int err = parse_u32(text, &count);

	if (err)
		return err;
	if (count == 0 || count > GUEST_VCPUS_MAX)
		return -ERANGE;
	*ret = count;
	return 0;
}

static int parse_option(int option, const char *value, struct options *opts)
{
	switch (option) {
	case 'n':
		return parse_vcpus(value, &opts->vcpus);
	case 'm':
		return parse_loads(value, opts->loads);
	case 'p':
		return cpuset_parse(value, &opts->pin);
	case 's':
		return parse_duration_ns(value, &opts->duration_ns);
	case 'd':
		return parse_named(value, &opts->named);
	case 'c':
		opts->comm = value;
		return 0;
	case 'v':
		opts->vfio = value;
		return 0;
	case 't':
		return parse_u32(value, &opts->dest);
	case 'r':
		return parse_u32(value, &opts->vfio_rate_hz);
	default:
		return -EINVAL;
	}
}

static int parse_options(int argc, char **argv, struct options *opts)
{
	static const struct option table[] = {
		{ .name = "vcpus", .has_arg = required_argument, .val = 'n' },
		{ .name = "mode", .has_arg = required_argument, .val = 'm' },
		{ .name = "pin", .has_arg = required_argument, .val = 'p' },
		{ .name = "secs", .has_arg = required_argument, .val = 's' },
		{ .name = "comm", .has_arg = required_argument, .val = 'c' },
		{ .name = "debug-threads", .has_arg = required_argument, .val = 'd' },
		{ .name = "vfio", .has_arg = required_argument, .val = 'v' },
		{ .name = "dest", .has_arg = required_argument, .val = 't' },
		{ .name = "vfio-rate", .has_arg = required_argument, .val = 'r' },
		{ .name = NULL },
	};
	int option, err;

	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		err = parse_option(option, optarg, opts);
		if (err)
			return err;
	}
	if (optind != argc || opts->dest >= opts->vcpus || opts->vfio_rate_hz == 0)
		return -EINVAL;
	return 0;
}

static int pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((unsigned int)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/* Keeps to the rate of a pio vCPU; a signal cuts the sleep short. Late rounds are not made up. */
static void pace(const struct load *load, uint64_t *next_ns)
{
	uint64_t now = now_ns();
	struct timespec until;

	if (load->rate_hz == 0)
		return;
	*next_ns = max(*next_ns + NS_PER_SEC / load->rate_hz, now);
	until = timespec_from_ns(*next_ns);
	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static int run_vcpu(struct vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->kvm.run;
	uint64_t next_ns = now_ns();

	while (!atomic_load(vcpu->stop)) {
		uint32_t reason;

		if (ioctl(vcpu->kvm.fd, KVM_RUN, 0) < 0) {
			if (errno != EINTR)
				return -errno;
			vcpu->exits[KVM_EXIT_INTR]++;
			continue;
		}
		reason = min(run->exit_reason, REASONS - 1U);
		vcpu->exits[reason]++;
		if (reason == KVM_EXIT_IO)
			pace(&vcpu->load, &next_ns);
		else if (reason != KVM_EXIT_INTR)
			return -EIO;
	}
	return 0;
}

static void *vcpu_thread(void *arg)
{
	struct vcpu *vcpu = arg;
	char name[16];

	vcpu->tid = gettid();
	if (vcpu->named) {
		(void)snprintf(name, sizeof(name), "CPU %u/KVM", vcpu->index);
		(void)prctl(PR_SET_NAME, name);
	}
	if (vcpu->cpu >= 0)
		vcpu->err = pin_to(vcpu->cpu);
	if (!vcpu->err)
		vcpu->err = run_vcpu(vcpu);
	if (vcpu->err)
		(void)kill(getpid(), SIGTERM); /* wakes main, which ends the others */
	return NULL;
}

static void interrupt_only(int sig)
{
	(void)sig;
}

/* SIGUSR1 takes a vCPU thread out of KVM_RUN; the others are for main alone, in wait_for_end. */
static void set_up_signals(sigset_t *ret_ends)
{
	const struct sigaction kick = { .sa_handler = interrupt_only };

	(void)sigemptyset(ret_ends);
	(void)sigaddset(ret_ends, SIGINT);
	(void)sigaddset(ret_ends, SIGTERM);
	(void)pthread_sigmask(SIG_BLOCK, ret_ends, NULL);
	(void)sigaction(SIGUSR1, &kick, NULL);
}

static void wait_for_end(const sigset_t *ends, uint64_t duration_ns)
{
	uint64_t start_ns = now_ns();

	for (;;) {
		uint64_t spent_ns = now_ns() - start_ns;
		struct timespec left = timespec_from_ns(duration_ns - min(spent_ns, duration_ns));

		if (sigtimedwait(ends, NULL, duration_ns ? &left : NULL) >= 0 || errno == EAGAIN)
			return;
	}
}

static void stop_vcpu(struct vcpu *vcpu)
{
	/* In this order there is no moment at which a thread could still enter and stay. */
	vcpu->kvm.run->immediate_exit = 1;
	(void)pthread_kill(vcpu->thread, SIGUSR1);
	(void)pthread_join(vcpu->thread, NULL);
}

static void print_exits(const struct vcpu *vcpu)
{
	const char *comma = "";

	for (size_t i = 0; i < REASONS; i++) {
		if (vcpu->exits[i] == 0)
			continue;
		if (reason_names[i])
			(void)printf("%s\"%s\":%llu", comma, reason_names[i],
				     (unsigned long long)vcpu->exits[i]);
		else
			(void)printf("%s\"exit_%zu\":%llu", comma, i,
				     (unsigned long long)vcpu->exits[i]);
		comma = ",";
	}
}

static void print_vcpu(const struct vcpu *vcpu)
{
	int64_t low, high;

	(void)printf("{\"vcpu\":%u,\"tid\":%d,\"cpu\":%d,\"mode\":\"%s\",\"rate\":%u,"
		     "\"loops\":%llu,\"ticks\":%llu,\"device\":%llu,\"exits\":{",
		     vcpu->index, vcpu->tid, vcpu->cpu, guest_mode_name(vcpu->load.mode),
		     vcpu->load.rate_hz, (unsigned long long)vcpu->kvm.counters->loops,
		     (unsigned long long)vcpu->kvm.counters->ticks,
		     (unsigned long long)vcpu->kvm.counters->device);
	print_exits(vcpu);
	(void)printf("},");
	if (guest_vcpu_tsc(&vcpu->kvm, &low, &high))
		(void)printf("\"tsc_ahead\":[%lld,%lld],", (long long)low, (long long)high);
	(void)printf("\"kvm\":{");
	(void)guest_stats_print(vcpu->kvm.stats, stdout); /* an empty object says: no counters */
	(void)printf("}}");
}

static int report(const struct options *opts, const struct vcpu *vcpus, uint64_t elapsed_ns)
{
	int err = 0;

	(void)printf("{\"comm\":\"%s\",\"pid\":%d,\"elapsed_ns\":%llu,\"vcpus\":[", opts->comm,
		     getpid(), (unsigned long long)elapsed_ns);
	for (uint32_t i = 0; i < opts->vcpus; i++) {
		(void)fputs(i ? "," : "", stdout);
		print_vcpu(&vcpus[i]);
		if (vcpus[i].err)
			(void)fprintf(stderr, "miniguest: vCPU %u ended: %s\n", i,
				      strerror(-vcpus[i].err));
		err = err ?: vcpus[i].err;
	}
	(void)printf("]}\n");
	return err;
}

static int start_vcpus(const struct options *opts, struct vcpu *vcpus, uint32_t *ret_started)
{
	int cpu = cpuset_next(&opts->pin, 0);

	for (*ret_started = 0; *ret_started < opts->vcpus; ++*ret_started) {
		struct vcpu *vcpu = &vcpus[*ret_started];
		int err;

		vcpu->cpu = cpu;
		err = pthread_create(&vcpu->thread, NULL, vcpu_thread, vcpu);
		if (err)
			return -err;
		if (cpu >= 0)
			cpu = cpuset_next(&opts->pin, (unsigned int)cpu + 1);
		if (cpu < 0)
			cpu = cpuset_next(&opts->pin, 0);
	}
	return 0;
}

static int open_vcpus(const struct options *opts, const struct guest_vm *vm, struct vcpu *vcpus)
{
	for (uint32_t i = 0; i < opts->vcpus; i++) {
		int err;

		vcpus[i].load = opts->loads[i];
		vcpus[i].index = i;
		vcpus[i].named = opts->named;
		err = guest_vcpu_open(vm, i, opts->loads[i].mode, opts->loads[i].rate_hz,
				      &vcpus[i].kvm);
		if (err)
			return err;
	}
	return 0;
}

/* @pass may be NULL. The signals are set up before there are threads, which inherit the blocked. */
static int run_vcpus(const struct options *opts, struct vcpu *vcpus, struct passthrough *pass)
{
	uint64_t start_ns = now_ns();
	atomic_bool stop = false;
	uint32_t started;
	sigset_t ends;
	int err;

	for (uint32_t i = 0; i < opts->vcpus; i++)
		vcpus[i].stop = &stop;
	set_up_signals(&ends);
	err = start_vcpus(opts, vcpus, &started);
	if (!err && pass)
		err = passthrough_start(pass, vcpus[opts->dest].kvm.counters, opts->vfio_rate_hz);
	if (!err)
		wait_for_end(&ends, opts->duration_ns);
	if (!err && pass)
		passthrough_stop(pass);
	atomic_store(&stop, true);
	for (uint32_t i = 0; i < started; i++)
		stop_vcpu(&vcpus[i]);
	return err ?: report(opts, vcpus, now_ns() - start_ns);
}

static int run_devices(const struct options *opts, const struct guest_vm *vm, struct vcpu *vcpus)
{
	struct passthrough pass;
	int err;

	if (!opts->vfio)
		return run_vcpus(opts, vcpus, NULL);
	err = passthrough_open(vm, opts->vfio, opts->dest, &pass);
	if (err)
		return err;
	err = run_vcpus(opts, vcpus, &pass);
	passthrough_close(&pass);
	return err;
}

static int run_guest(const struct options *opts)
{
	struct vcpu vcpus[GUEST_VCPUS_MAX] = { 0 };
	struct guest_vm vm;
	int err = guest_vm_open(&vm);

	if (err)
		return err;
	for (uint32_t i = 0; i < GUEST_VCPUS_MAX; i++)
		vcpus[i].kvm.fd = vcpus[i].kvm.stats = -1;
	err = open_vcpus(opts, &vm, vcpus);
	err = err ?: run_devices(opts, &vm, vcpus);
	for (uint32_t i = 0; i < opts->vcpus; i++)
		guest_vcpu_close(&vm, &vcpus[i].kvm);
	guest_vm_close(&vm);
	return err;
}

int main(int argc, char **argv)
{
	struct options opts = {
		.comm = "miniguest", .named = true, .vcpus = 2, .vfio_rate_hz = 250
	};
	int err;

	if (parse_options(argc, argv, &opts)) {
		(void)fputs(usage, stderr);
		return 1;
	}
	(void)prctl(PR_SET_NAME, opts.comm);
	err = run_guest(&opts);
	if (err)
		(void)fprintf(stderr, "miniguest: cannot run a guest on /dev/kvm: %s\n",
			      strerror(-err));
	return err ? 1 : 0;
}
