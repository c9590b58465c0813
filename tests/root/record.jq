# SPDX-License-Identifier: GPL-2.0-or-later
#
# record: what must be true of every recording, as jq functions for the live tests. Each gives the
# breaches as texts, none when all is well. Names and types are those of the recording file; what
# was measured is judged in the tests.
#
#   jq -r -L tests/root 'include "record"; problems' FILE

# Of at least one.
def every(f; condition): [f] | length > 0 and all(.[]; condition);

def is_count: type == "number" and . >= 0 and . == floor;

# Against a table of keys: "count", a JSON type, or one with "?" when null is right too.
def shape($what; $keys):
	. as $object | $keys | to_entries[] | .key as $key | (.value | rtrimstr("?")) as $type |
	(.value | endswith("?")) as $or_null |
	if ($object | type) != "object" then "\($what) is no object"
	elif $object | has($key) | not then "\($what) has no \($key)"
	elif $or_null and $object[$key] == null then empty
	elif $type == "count" then
		select($object[$key] | is_count | not) | "\($what).\($key) is no count"
	else
		select(($object[$key] | type) != $type) | "\($what).\($key) is no \($type)"
	end;

def hist_problems($what):
	shape($what; {unit: "string", digits: "count", count: "count", sum: "count", min: "count",
		max: "count", buckets: "array"}),
	(select(.unit != "ns") | "\($what): its unit is \(.unit)"),
	(select(.digits != 1 and .digits != 2) | "\($what): digits \(.digits)"),
	(select(([.buckets[][2]] | add // 0) != .count) |
		"\($what): buckets hold \([.buckets[][2]] | add), not \(.count)"),
	(.buckets[] | select(length != 3 or .[0] > .[1] or .[2] < 1) | "\($what): bucket \(.)"),
	(.buckets as $b | range(1; $b | length) | select($b[.][0] <= $b[. - 1][1]) |
		"\($what): bucket \($b[.]) after \($b[. - 1])"),
	(select(.count > 0 and (.buckets | length) > 0) |
		select(.max > .buckets[-1][1] or .max < .buckets[-1][0] or .min < .buckets[0][0]) |
		"\($what): min \(.min), max \(.max), but \(.buckets[0]) to \(.buckets[-1])");

# A source of a CPU or an entry of a ledger. What is labelled belongs to the entry.
def entry_problems($what):
	shape($what; {name: "string", count: "count", sum_ns: "count", max_ns: "count",
		hist: "object?", labels: "array"}),
	(.labels[] | shape("\($what).labels"; {name: "string", count: "count", sum_ns: "count"})),
	(select(.max_ns > .sum_ns) | "\($what): max \(.max_ns) of \(.sum_ns)"),
	(select(([.labels[].sum_ns] | max // 0) > .sum_ns) | "\($what): a label of more than it has"),
	(select(.hist) | (.hist | hist_problems($what)),
		(select(.hist.count != .count) |
			"\($what): histogram of \(.hist.count), count \(.count)"));

def id_problems($what):
	select((.source == "irq" or .source == "softirq" or .source == "task")
		and (.id | is_count | not)) | "\($what).id is \(.id)";

def source_problems($what):
	entry_problems($what), id_problems($what),
	(select(.source | IN("irq", "vector", "softirq", "nmi", "task") | not) |
		"\($what): source \(.source)");

def row_problems($what):
	entry_problems($what),
	(select(.row | IN("guest", "exit", "user", "run", "haltpoll", "halted", "blocked", "wake",
		"preempted", "irq", "vector", "softirq", "nmi", "untraced", "lost") | not) |
		"\($what): row \(.row)");

# Disjoint: no entry twice, and together the whole wall time, to the nanosecond.
def sum_problems($what; $entries):
	(([$entries[].sum_ns] | add // 0) as $sum | select($sum != .wall_ns) |
		"\($what): entries sum to \($sum), wall is \(.wall_ns)"),
	($entries | group_by([.row // .source, .id, .name])[] | select(length > 1) |
		"\($what): \(.[0].row // .[0].source) \(.[0].name) is there \(length) times");

def cpu_problems:
	"cpu \(.cpu)" as $what |
	shape($what; {cpu: "count", wall_ns: "count", sources: "array"}),
	sum_problems($what; .sources),
	(.sources[] | source_problems("\($what) \(.source) \(.name)"));

# Stalls are the gaps over the threshold: the bucket that it lies in may hold some of both.
def gap_problems($what; $threshold_ns):
	([.gap.hist.buckets[] | select(.[0] > $threshold_ns) | .[2]] | add // 0) as $low |
	([.gap.hist.buckets[] | select(.[1] >= $threshold_ns) | .[2]] | add // 0) as $high |
	select(.stalls < $low or .stalls > $high) |
	"\($what): \(.stalls) stalls, but \($low) to \($high) such gaps";

def thread_problems($threshold_ns):
	"thread \(.tid)" as $what |
	shape($what; {tid: "count", vm: "string?", vcpu: "count?", wall_ns: "count",
		ledger: "array", gap: "object", stalls: "count"}),
	sum_problems($what; .ledger),
	(.ledger[] | row_problems("\($what) \(.row) \(.name)")),
	(.gap.hist, .wake.hist, .preempted.hist | values | hist_problems("\($what) gap"),
		(select(.digits != 2) | "\($what): a gap of \(.digits) digits")),
	(select(.gap.hist) | gap_problems($what; $threshold_ns));

def stall_problems:
	"stall at \(.at_ns)" as $what |
	shape($what; {at_ns: "count", tid: "count", cpu: "count", duration_ns: "count",
		segments: "array"}),
	(.segments[] | shape("\($what).segments"; {row: "string", name: "string", ns: "count"})),
	(([.segments[].ns] | add // 0) as $sum | select($sum != .duration_ns) |
		"\($what): segments sum to \($sum), it lasted \(.duration_ns)");

def all_stalls_problems:
	(.stall_threshold_ns as $t | .stalls[] | select(.duration_ns < $t) |
		"a stall of \(.duration_ns), threshold \($t)"),
	(select((.stalls | length) > .stalls_total.count) | "more stalls kept than counted"),
	(([.threads[].stalls] | add // 0) as $sum | select($sum != .stalls_total.count) |
		"threads have \($sum) stalls, in all there are \(.stalls_total.count)"),
	(.duration_ns as $d | .stalls[] | select(.at_ns > $d) |
		"a stall at \(.at_ns), after the end"),
	(.stalls[] | stall_problems);

# The kernel counts in ticks: on each CPU that was not watched it has nearly all of the time, and a
# CPU that was is not among them.
def host_problems:
	([.cpus[].cpu] | unique) as $watched | .duration_ns as $d | ([.topology[]?.cpu] | unique) as $online |
	(.caches[]? | shape("caches"; {level: "count", type: "string", bytes: "count", cpus: "string"})),
	([.host_cpus[]?.cpu] as $host | select($host - $watched != $host) |
		"CPUs \($host) are the host\u0027s, \($watched) are watched"),
	(select(($online - $watched) != ([.host_cpus[]?.cpu] | unique)) |
		"CPUs \($online), watched \($watched), of the host \([.host_cpus[]?.cpu])"),
	(.host_cpus[]? | "host CPU \(.cpu)" as $what |
		shape($what; {cpu: "count", user_ns: "count", system_ns: "count", irq_ns: "count",
			softirq_ns: "count", steal_ns: "count", idle_ns: "count", interrupts: "array"}),
		(.user_ns + .system_ns + .irq_ns + .softirq_ns + .steal_ns + .idle_ns |
			select(. > 2 * $d + 1e8) | "\($what) has \(.) ns of \($d)"),
		(.interrupts[] | shape("\($what) interrupts"; {id: "string", name: "string", count: "count"}),
			(select(.count < 1) | "\($what): interrupt \(.id) never came")),
		([.interrupts[].count] | select(. != (sort | reverse)) | "\($what): counts \(.)"));

def loss_problems:
	shape("loss"; {complete: "boolean", dropped: "count", recursion_misses: "count",
		anomalies: "object"}),
	(select(.complete and (.dropped > 0 or .recursion_misses > 0 or (.anomalies | length) > 0)) |
		"complete in spite of \(.)"),
	(select((.complete | not) and .dropped == 0 and .recursion_misses == 0 and
		(.anomalies | length) == 0 and (.reasons | length) == 0) | "incomplete without a reason");

def top_problems:
	(select(.schema != "lull.recording/1") | "schema is \(.schema)"),
	shape("top"; {schema: "string", started_unix_ns: "count", duration_ns: "count",
		host: "object", watch: "object", cpus: "array", threads: "array", stalls: "array",
		stalls_total: "object", audit: "array", loss: "object", self: "object"}),
	(.host | shape("host"; {hostname: "string", kernel: "string", boot_id: "string",
		cpus_online: "string", cmdline: "string"})),
	(.watch | shape("watch"; {cpus: "string", threads: "array"})),
	(.watch.threads[] | shape("watch.threads"; {tid: "count", comm: "string", vm: "string?",
		vcpu: "count?"})),
	(.stalls_total | shape("stalls_total"; {count: "count", sum_ns: "count"})),
	(.audit[] | shape("audit"; {what: "string", kernel: "count", lull: "count?"})),
	(.self | shape("self"; {events: "count", cpu_ns: "count", programs: "array"})),
	(.self.programs[] | shape("self.programs"; {name: "string", events: "count",
		run_cnt: "count", run_ns: "count"}));

def wall_problems:
	.duration_ns as $d |
	(.cpus[] | select(.wall_ns > $d or .wall_ns < $d - 5000000) |
		"cpu \(.cpu): wall \(.wall_ns), duration \($d)"),
	(.threads[] | select(.wall_ns > $d) | "thread \(.tid): wall \(.wall_ns), duration \($d)");

def problems:
	top_problems, (.loss | loss_problems), host_problems, wall_problems, all_stalls_problems,
	(.cpus[] | cpu_problems), (.stall_threshold_ns as $t | .threads[] | thread_problems($t));

def lossless: select(.loss.complete | not) | "not complete: \(.loss)";

# ---- what the kernel counted

# Counts outside of the kernel's bounds. Rows that lull does not count are null there.
def counts_off:
	[.audit[] | select(.what | startswith("cpu")) | select(.lull != null) |
		select(.lull < .kernel_min or .lull > .kernel_max)];

def is_hidden: any(.notes[]; test("reported nothing while certain threads ran"));

# Waits that are not those of schedstat: 2 % or 1 ms.
def waits_off:
	[.audit[] | select(.what | startswith("tid ") and endswith(" wait_ns")) |
		(.lull - .kernel | fabs) as $off |
		select($off > 1000000 and $off > .kernel / 50)];

# What came in a stretch without any event is missing, a little of it: never is there too much.
def only_hidden_off:
	is_hidden and (counts_off + waits_off | length > 0) and
	all(counts_off[]; .kernel_min - .lull | . > 0) and
	all(counts_off[]; .kernel_min - .lull <= 5 + .kernel / 100) and
	all(waits_off[]; .lull < .kernel);

# Tasks that are no noise of a test had more of the CPU than a test of shares can bear.
def is_busy($tid):
	[.threads[] | select(.tid == $tid) | .ledger[] | select(.row == "preempted" and
		(.name | test("^(noise-|kworker|ksoftirqd|irq |softirq )") | not)) | .sum_ns] as $theirs |
	($theirs | add // 0) > .duration_ns / 10;

def off_text:
	(counts_off + waits_off)[] | "\(.what): kernel \(.kernel_min) to \(.kernel_max), lull \(.lull)";
def counts_off_text:
	(select([.audit[] | select(.what | startswith("cpu")) | .lull | values] | length < 1) |
		"there is nothing to compare"),
	(counts_off[] | "\(.what): kernel \(.kernel_min) to \(.kernel_max), lull \(.lull)");

def steal_ns($cpu): [.audit[] | select(.what == "cpu\($cpu) steal_ns") | .kernel_max] | add // 0;

# The kernel tells it in hundredths of a second.
def steal_ns_at_most($cpu): steal_ns($cpu) + 10000000;

# ---- reading a ledger

def entries($tid; $row): .threads[] | select(.tid == $tid) | .ledger[] | select(.row == $row);
def row_ns($tid; $row): [entries($tid; $row) | .sum_ns] | add // 0;
def waited_ns($tid):
	[.threads[] | select(.tid == $tid) | .ledger[] | select(.row == "preempted" or
		(.row == "wake" and (.name | startswith("on its way") | not))) | .sum_ns] | add // 0;
def ran_ns($tid):
	[.threads[] | select(.tid == $tid) | .ledger[] | select(.row |
		IN("halted", "blocked", "wake", "preempted") | not) | .sum_ns] | add // 0;
