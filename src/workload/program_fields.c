/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ops of a program, one field table each: the only place that knows their spelling, ranges,
 * defaults and one-line descriptions. Checks that need more than one field, or the machine, are
 * the check functions beside the tables. Whether names are ever defined is program_resolve.c's.
 */
#include "workload/program.h"

#include <string.h>

#include "machine/machine.h"
#include "mm/hugetlb.h"
#include "mm/page.h"
#include "mm/zone.h"

#define AT(member) .offset = offsetof(struct step, u.member)
#define MAX_COUNT  1000000000000ull
#define MAX_RATE   1000000000ull
#define MAX_BYTES  (1ull << 40)
#define MAX_TIME   (100ull * 365 * 86400 * NSEC_PER_SEC)

static const char *const pattern_words[] = {"seq", "random", "zipf", NULL};
static const char *const dist_words[] = {"none", "fixed", "exp", "uniform", "lognormal", NULL};
static const char *const pick_words[] = {"oldest", "newest", "random", NULL};
static const char *const on_fail_words[] = {"continue", "stop", "exit", NULL};
static const char *const scope_words[] = {"local", "all", NULL};
static const char *const thp_words[] = {"default", "huge", "never", NULL};

/* Percent, decimals allowed, kept in millionths; field->min and max are millionths too. */
static bool parse_percent(struct field_ctx *ctx, json_t *value, void *out,
			  const struct field *field)
{
	double ppm;
	u32 kept;

	if (!json_is_number(value))
		return field_error(ctx, NULL, "expected a percentage from %g to %g",
				   (double)field->min / 10000, (double)field->max / 10000);
	ppm = json_number_value(value) * 10000;
	if (!(ppm >= (double)field->min && ppm <= (double)field->max))
		return field_error(ctx, NULL, "expected a percentage from %g to %g",
				   (double)field->min / 10000, (double)field->max / 10000);
	kept = (u32)(ppm + 0.5);
	memcpy(out, &kept, sizeof(kept));
	return true;
}

static json_t *write_percent(const void *in, const struct field *field)
{
	u32 ppm;

	(void)field;
	memcpy(&ppm, in, sizeof(ppm));
	return ppm % 10000 ? json_real(ppm / 10000.0) : json_integer(ppm / 10000);
}

static bool parse_gfp(struct field_ctx *ctx, json_t *value, void *out, const struct field *field)
{
	const struct workload_env *env = ctx->user;
	const char *bad = NULL;
	gfp_t gfp;

	(void)field;
	if (!json_is_string(value))
		return field_error(ctx, NULL, "expected GFP flags by name, such as \"GFP_KERNEL\"");
	if (!gfp_parse(env->profile, json_string_value(value), &gfp, &bad))
		return field_error(ctx, NULL, "unknown GFP flag at \"%s\"", bad ? bad : "");
	memcpy((char *)out, &gfp, sizeof(gfp));
	return true;
}

/* In hex: writing knows no profile, and reading takes numbers too. */
static json_t *write_gfp(const void *in, const struct field *field)
{
	gfp_t gfp;

	(void)field;
	memcpy(&gfp, in, sizeof(gfp));
	return json_sprintf("0x%x", gfp);
}

static bool check_dist(struct field_ctx *ctx, void *object)
{
	const struct dist *dist = object;

	switch ((enum dist_kind)dist->kind) {
	case DIST_FIXED:
	case DIST_EXP:
		if (!dist->mean)
			return field_error(ctx, "mean", "\"%s\" needs a mean above 0",
					   dist_words[dist->kind]);
		if (dist->min || dist->max || dist->median)
			return field_error(ctx, "dist", "\"%s\" takes only a mean",
					   dist_words[dist->kind]);
		return true;
	case DIST_UNIFORM:
		if (!dist->max || dist->min > dist->max)
			return field_error(ctx, "max", "\"uniform\" needs min <= max, max > 0");
		if (dist->mean || dist->median)
			return field_error(ctx, "dist", "\"uniform\" takes only min and max");
		return true;
	case DIST_LOGNORMAL:
		if (!dist->median)
			return field_error(ctx, "median", "\"lognormal\" needs a median above 0");
		if (dist->mean || dist->min || dist->max)
			return field_error(ctx, "dist",
					   "\"lognormal\" takes only median and spread");
		return true;
	case DIST_NONE:
		break;
	}
	if (dist->mean || dist->min || dist->max || dist->median)
		return field_error(ctx, "dist", "say which: fixed, exp, uniform or lognormal");
	return true;
}

static const struct field_table dist_table = {
	.name = "distribution",
	.doc = "A length of time, drawn anew each time from the task's own random stream.",
	.size = sizeof(struct dist),
	.check = check_dist,
	.fields = (const struct field[]){
		{"dist", FIELD_ENUM, .offset = offsetof(struct dist, kind), .def = "\"none\"",
		 .allowed = dist_words, .doc = "Kind of distribution."},
		{"mean", FIELD_TIME, .offset = offsetof(struct dist, mean), .max = MAX_TIME,
		 .doc = "Mean of fixed and exp."},
		{"min", FIELD_TIME, .offset = offsetof(struct dist, min), .max = MAX_TIME,
		 .doc = "Least of uniform."},
		{"max", FIELD_TIME, .offset = offsetof(struct dist, max), .max = MAX_TIME,
		 .doc = "Greatest of uniform."},
		{"median", FIELD_TIME, .offset = offsetof(struct dist, median), .max = MAX_TIME,
		 .doc = "Median of lognormal."},
		{"spread", FIELD_U64, .offset = offsetof(struct dist, spread), .def = "100",
		 .max = 1000, .unit = "%",
		 .doc = "Standard deviation of lognormal's log2: 100 is a factor of two."},
		{NULL},
	},
};

static bool check_order(struct field_ctx *ctx, s64 order)
{
	const struct workload_env *env = ctx->user;
	u32 max = env->machine ? env->machine->max_order : MAX_PAGE_ORDER_LIMIT;

	if (order > (s64)max)
		return field_error(ctx, "order", "order %lld is above the %s largest, %u",
				   (long long)order,
				   env->machine ? "machine's" : "page allocator's", max);
	return true;
}

static bool check_map(struct field_ctx *ctx, void *object)
{
	const struct step *step = object;

	if (!step->u.map.file.text && (step->u.map.offset || step->u.map.is_private))
		return field_error(ctx, step->u.map.offset ? "offset" : "private",
				   "only of a mapped file");
	if (step->u.map.file.text && step->u.map.thp != MAP_THP_DEFAULT)
		return field_error(ctx, "thp", "huge pages of files are not modelled");
	return true;
}

static bool check_punch(struct field_ctx *ctx, void *object)
{
	const struct step *step = object;

	if (step->u.punch.stride && step->u.punch.stride < step->u.punch.run)
		return field_error(ctx, "stride", "a stride is at least as long as a run");
	return true;
}

static bool check_image(struct field_ctx *ctx, void *object)
{
	const struct process_image *image = object;

	if (image->private + image->shared > image->virtual_size)
		return field_error(ctx, "virtual", "less than private and shared together");
	if (image->mapped > image->shared)
		return field_error(ctx, "mapped", "more than shared");
	return true;
}

static bool check_exec(struct field_ctx *ctx, void *object)
{
	const struct step *step = object;

	if (!process_image_given(&step->u.exec.image))
		return field_error(ctx, "image", "say what the new program has");
	return true;
}

static bool check_touch(struct field_ctx *ctx, void *object)
{
	const struct step *step = object;

	if (step->u.touch.pages && step->u.touch.for_ns)
		return field_error(ctx, "for", "give pages or for, not both");
	return true;
}

static bool check_alloc(struct field_ctx *ctx, void *object)
{
	const struct step *step = object;
	const struct workload_env *env = ctx->user;
	bool ok = check_order(ctx, (s64)step->u.alloc.order);

	if (env->machine && step->u.alloc.node >= (s64)env->machine->nr_nodes)
		ok = field_error(ctx, "node", "the machine has %u nodes", env->machine->nr_nodes);
	if (step->u.alloc.name.text && step->u.alloc.lifetime.kind != DIST_NONE)
		ok = field_error(ctx, "lifetime",
				 "blocks held under a name are freed by name: give one of the two");
	if (!step->u.alloc.name.text && step->u.alloc.lifetime.kind == DIST_NONE)
		ok = field_error(ctx, NULL, "give a name to free them by, or a lifetime");
	return ok;
}

static bool check_free(struct field_ctx *ctx, void *object)
{
	const struct step *step = object;

	return check_order(ctx, step->u.free.order);
}

/* A workload for no machine in particular may name any area. */
static bool check_cma_alloc(struct field_ctx *ctx, void *object)
{
	const struct step *step = object;
	const struct workload_env *env = ctx->user;

	for (u32 i = 0; env->machine && i < env->machine->nr_cma; i++)
		if (!strcmp(env->machine->cma[i].name, step->u.cma_alloc.area))
			return true;
	return !env->machine || field_error(ctx, "area", "the machine has no such CMA area");
}

static bool check_hugetlb(struct field_ctx *ctx, void *object)
{
	const struct step *step = object;
	const struct workload_env *env = ctx->user;

	return !env->machine || !step->u.hugetlb.size ||
	       hugetlb_order(env->machine, step->u.hugetlb.size) ||
	       field_error(ctx, "size", "the machine has no huge pages of this size");
}

static bool check_pause(struct field_ctx *ctx, void *object)
{
	const struct step *step = object;

	if (step->u.pause.for_ns && step->u.pause.random.kind != DIST_NONE)
		return field_error(ctx, "random", "give for or random, not both");
	if (step->u.pause.until_ns &&
	    (step->u.pause.for_ns || step->u.pause.random.kind != DIST_NONE))
		return field_error(ctx, "until", "give for, random or until");
	return true;
}

static bool check_loop(struct field_ctx *ctx, void *object)
{
	const struct step *step = object;

	if (step->u.loop.count && step->u.loop.for_ns)
		return field_error(ctx, "for", "give count or for, not both");
	return true;
}

static bool check_fork(struct field_ctx *ctx, void *object)
{
	const struct step *step = object;

	if (!step->u.fork.child.text == !step->u.fork.program.n)
		return field_error(ctx, "program", "give the child's program, or a child by name");
	return true;
}

static bool check_burst(struct field_ctx *ctx, void *object)
{
	const struct step *step = object;
	const struct workload_env *env = ctx->user;
	bool ok = check_order(ctx, (s64)step->u.burst.order);

	if (env->machine && step->u.burst.cpu >= (s64)env->machine->nr_cpus)
		ok = field_error(ctx, "cpu", "the machine has %u CPUs", env->machine->nr_cpus);
	if (step->u.burst.drain_every && step->u.burst.lifetime.kind != DIST_NONE)
		ok = field_error(ctx, "lifetime", "give drain_every or lifetime, not both");
	if (!step->u.burst.drain_every && step->u.burst.lifetime.kind == DIST_NONE)
		ok = field_error(ctx, NULL, "say when frames are freed: drain_every or lifetime");
	if (step->u.burst.gfp & __GFP_DIRECT_RECLAIM)
		ok = field_error(ctx, "gfp", "an interrupt cannot sleep: no direct reclaim");
	return ok;
}

const struct field_table process_image_table = {
	.name = "image",
	.doc = "What a process has before its program asks for memory: program, stack, data.",
	.size = sizeof(struct process_image),
	.check = check_image,
	.fields = (const struct field[]){
		{"private", FIELD_SIZE, .offset = offsetof(struct process_image, private),
		 .max = MAX_BYTES, .doc = "Written at once: stack, data, buffers."},
		{"shared", FIELD_SIZE, .offset = offsetof(struct process_image, shared),
		 .max = MAX_BYTES,
		 .doc = "Resident, but shared with processes of before the run: counts as its own "
			"for the OOM killer and takes no page."},
		{"mapped", FIELD_SIZE, .offset = offsetof(struct process_image, mapped),
		 .max = MAX_BYTES,
		 .doc = "Of shared: code and data of files. Counts a minor fault each 64 KiB."},
		{"virtual", FIELD_SIZE, .offset = offsetof(struct process_image, virtual_size),
		 .max = MAX_BYTES, .doc = "Of all; page tables cover it."},
		{NULL},
	},
};

/* Rows that several ops share. */
#define F_REGION(m)                                                                               \
	{"region", FIELD_NAME, AT(m), .required = true, .doc = "Name of the region."}
#define F_FILE(m)                                                                                 \
	{"file", FIELD_NAME, AT(m.file), .required = true,                                         \
	 .doc = "Name of the file; it exists on the disk as large as it is used."}
#define F_FILES(m)                                                                                \
	{"files", FIELD_U64, AT(m.files), .def = "1", .min = 1, .max = 1000000,                    \
	 .doc = "That many files of this name; each step takes the next."}
#define F_COUNT(m, d, text)                                                                       \
	{"count", FIELD_U64, AT(m.count), .def = d, .max = MAX_COUNT, .doc = text}
#define F_RATE(m, u, text)                                                                        \
	{"rate", FIELD_U64, AT(m.rate), .max = MAX_RATE, .unit = u, .doc = text}
#define F_GFP(m, d)                                                                               \
	{"gfp", FIELD_CUSTOM, AT(m.gfp), .def = d, .parse = parse_gfp,                             \
	 .write = write_gfp,                                                                       \
	 .schema = "{\"type\":\"string\"}", .doc = "GFP flags by name, joined by |."}
#define F_ORDER(m)                                                                                \
	{"order", FIELD_U64, AT(m.order), .max = MAX_PAGE_ORDER_LIMIT,                             \
	 .doc = "Each is a block of 2^order pages."}
#define F_PICK(m)                                                                                 \
	{"pick", FIELD_ENUM, AT(m.pick), .def = "\"oldest\"", .allowed = pick_words,               \
	 .doc = "Which of those held go first."}
#define F_ON_FAIL(m)                                                                              \
	{"on_fail", FIELD_ENUM, AT(m.on_fail), .def = "\"continue\"", .allowed = on_fail_words,    \
	 .doc = "After a failure: go on, stop this step, or end the task."}
#define F_PATTERN(m)                                                                              \
	{"pattern", FIELD_ENUM, AT(m.pattern), .def = "\"seq\"", .allowed = pattern_words,         \
	 .doc = "Order of the pages; zipf: page n with weight 1/(n+1)."}
#define F_FOR(m, text) {"for", FIELD_TIME, AT(m.for_ns), .max = MAX_TIME, .doc = text}
#define F_LIFETIME(m)                                                                             \
	{"lifetime", FIELD_OBJECT, AT(m.lifetime), .sub = &dist_table,                             \
	 .doc = "Each is freed by itself after this long."}
#define F_PERCENT(word, m, d, least, text)                                                        \
	{word, FIELD_CUSTOM, AT(m), .def = d, .min = least, .max = PPM, .unit = "%",               \
	 .parse = parse_percent, .write = write_percent,                                           \
	 .schema = "{\"type\":\"number\",\"minimum\":0,\"maximum\":100}", .doc = text}
#define F_PROGRAM(m, need, text)                                                                  \
	{"program", FIELD_VARIANT, AT(m), .required = (need) != 0, .min = need,                    \
	 .variants = step_variants, .variant_key = "op",                                           \
	 .variant_tag = offsetof(struct step, op), .doc = text}
#define OP(id, word, checker, text, ...)                                                          \
	static const struct field_table op_##id = {                                                \
		.name = word, .doc = text, .size = sizeof(struct step), .check = checker,          \
		.fields = (const struct field[]){__VA_ARGS__ __VA_OPT__(,){NULL}}}

OP(map, "map", check_map, "Maps memory, anonymous or of a file; pages come when they are touched. "
			  "Refused (overcommit_memory), the task ends.",
	F_REGION(map.region),
	{"size", FIELD_SIZE, AT(map.size), .required = true, .min = 1, .max = MAX_BYTES,
	 .doc = "Rounded up to whole pages."},
	{"file", FIELD_NAME, AT(map.file), .doc = "Maps this file; none: anonymous memory."},
	{"offset", FIELD_SIZE, AT(map.offset), .max = MAX_BYTES,
	 .doc = "Where in the file the region begins, rounded down to a page."},
	{"private", FIELD_BOOL, AT(map.is_private),
	 .doc = "Of a file: writes make anonymous copies (MAP_PRIVATE)."},
	{"thp", FIELD_ENUM, AT(map.thp), .def = "\"default\"", .allowed = thp_words,
	 .doc = "Advice on huge pages (MADV_HUGEPAGE, MADV_NOHUGEPAGE)."});

OP(unmap, "unmap", NULL, "Unmaps a region and frees its pages.", F_REGION(unmap.region));

OP(touch, "touch", check_touch,
   "Accesses pages of a region; the first access to each is a page fault.",
	F_REGION(touch.region), F_PATTERN(touch),
	{"pages", FIELD_U64, AT(touch.pages), .max = MAX_COUNT, .unit = "pages",
	 .doc = "Accesses to make; 0: as many as the hot part has pages."},
	F_FOR(touch, "Instead of pages: go on for this long."),
	F_RATE(touch, "pages/s", "Accesses a second, in groups; 0: as fast as it goes."),
	{"group", FIELD_U64, AT(touch.group), .def = "8", .min = 1, .max = 4096, .unit = "pages",
	 .doc = "Accesses between looks at the clock."},
	{"write", FIELD_BOOL, AT(touch.write), .def = "true",
	 .doc = "Write (breaks sharing after a fork) or only read."},
	F_PERCENT("hot", touch.hot, "100", 1, "First part of the region that is accessed."),
	F_PERCENT("cold", touch.cold, NULL, 0,
		  "Accesses that go to any page of the region instead."));

OP(punch, "punch", check_punch,
   "Gives pages of a region back (MADV_DONTNEED); they stay mapped.",
	F_REGION(punch.region),
	F_PERCENT("percent", punch.share, "100", 1, "Chance of each run of pages."),
	{"run", FIELD_U64, AT(punch.run), .def = "1", .min = 1, .max = 1u << 28, .unit = "pages",
	 .doc = "Pages that go or stay together."},
	{"stride", FIELD_U64, AT(punch.stride), .max = 1u << 28, .unit = "pages",
	 .doc = "From the start of one run to that of the next; 0: end to end."});

OP(mlock, "mlock", NULL, "Touches all pages of a region and locks them in memory.",
	F_REGION(mlock.region));

OP(pin, "pin", NULL,
   "Touches pages of a region and pins them, as for a device that reads and writes them (long-term "
   "pins): until they are freed they neither move nor are reclaimed.",
	F_REGION(pin.region),
	F_PERCENT("percent", pin.share, "100", 1, "Chance of each run of pages."),
	{"run", FIELD_U64, AT(pin.run), .def = "1", .min = 1, .max = 1u << 28, .unit = "pages",
	 .doc = "Pages that are pinned together or not."});

#define IO_FIELDS                                                                                 \
	F_FILE(io), F_FILES(io),                                                                   \
	{"size", FIELD_SIZE, AT(io.size), .required = true, .min = 1, .max = MAX_BYTES,            \
	 .doc = "Bytes from the file's start."},                                                   \
	{"chunk", FIELD_SIZE, AT(io.chunk), .def = "\"128KiB\"", .min = 1, .max = 1u << 30,        \
	 .doc = "Bytes of one call."},                                                             \
	F_PATTERN(io),                                                                             \
	{"passes", FIELD_U64, AT(io.passes), .def = "1", .min = 1, .max = MAX_COUNT,               \
	 .doc = "How many times."},                                                                \
	{"rate", FIELD_SIZE, AT(io.rate), .max = MAX_BYTES, .unit = "bytes/s",                     \
	 .doc = "Bytes a second; 0: as fast as it goes."}

OP(read, "read", NULL, "Reads a file through the page cache; what is not there comes from disk.",
	IO_FIELDS);

OP(write, "write", NULL, "Writes a file into the page cache; its pages become dirty.",
	IO_FIELDS,
	{"sync", FIELD_BOOL, AT(io.sync),
	 .doc = "Ends with an fsync: the dirty pages go to disk."});

OP(drop, "drop", NULL, "Deletes a file: its pages leave the page cache.",
	F_FILE(drop), F_FILES(drop));

OP(alloc, "alloc", check_alloc, "Takes blocks from the page allocator, as kernel code does.",
	{"name", FIELD_NAME, AT(alloc.name), .doc = "Holds them under this name until freed."},
	F_ORDER(alloc), F_GFP(alloc, "\"GFP_KERNEL\""),
	F_COUNT(alloc, "1", "How many blocks."),
	F_RATE(alloc, "blocks/s", "Blocks a second; 0: as fast as it goes."),
	F_LIFETIME(alloc),
	{"node", FIELD_S64, AT(alloc.node), .def = "-1", .min = -1, .max = MACHINE_MAX_NODES - 1,
	 .doc = "Node to take them from first; -1: by the task's policy."},
	F_ON_FAIL(alloc));

OP(free, "free", check_free, "Frees blocks held under a name.",
	{"name", FIELD_NAME, AT(free.name), .required = true, .doc = "The alloc step's name."},
	F_COUNT(free, "0", "How many blocks; 0: all."),
	F_RATE(free, "blocks/s", "Blocks a second; 0: as fast as it goes."),
	F_PICK(free),
	{"order", FIELD_S64, AT(free.order), .def = "-1", .min = -1, .max = MAX_PAGE_ORDER_LIMIT,
	 .doc = "-1: as they were allocated; another order is a bug that gets caught."});

OP(slab_alloc, "slab_alloc", NULL, "Allocates objects from a slab cache.",
	{"cache", FIELD_NAME, AT(slab_alloc.cache), .required = true,
	 .doc = "One of the workload's caches."},
	{"name", FIELD_NAME, AT(slab_alloc.name), .required = true,
	 .doc = "Holds them under this name until freed."},
	F_COUNT(slab_alloc, "1", "How many objects."),
	F_RATE(slab_alloc, "objects/s", "Objects a second; 0: as fast as it goes."),
	F_GFP(slab_alloc, "\"GFP_KERNEL\""),
	F_ON_FAIL(slab_alloc));

OP(slab_free, "slab_free", NULL, "Frees slab objects held under a name.",
	{"name", FIELD_NAME, AT(slab_free.name), .required = true,
	 .doc = "The slab_alloc step's name."},
	F_COUNT(slab_free, "0", "How many objects; 0: all."),
	F_RATE(slab_free, "objects/s", "Objects a second; 0: as fast as it goes."),
	F_PICK(slab_free));

#define PAUSE_FIELDS                                                                              \
	F_FOR(pause, "How long; 0: only lets others run."),                                        \
	{"random", FIELD_OBJECT, AT(pause.random), .sub = &dist_table,                             \
	 .doc = "Instead of for: a length drawn each time."}

OP(sleep, "sleep", check_pause, "Gives the CPU up for a time.", PAUSE_FIELDS,
	{"until", FIELD_TIME, AT(pause.until_ns), .max = MAX_TIME,
	 .doc = "Instead of for: until so much time of the run has passed."});

OP(compute, "compute", check_pause, "Keeps the CPU busy without asking for memory.",
	PAUSE_FIELDS);

OP(loop, "loop", check_loop, "Repeats its program: count times, for a time, or without end.",
	F_COUNT(loop, "0", "How many times."),
	F_FOR(loop, "Begins no further round after this long."),
	F_PROGRAM(loop.program, 1, "Steps of one round."));

OP(fork, "fork", check_fork,
   "Starts children that share this task's memory copy-on-write, run their program and exit.",
	F_COUNT(fork, "1", "How many children."),
	F_RATE(fork, "children/s", "Children a second; 0: as fast as it goes."),
	{"parallel", FIELD_U64, AT(fork.parallel), .max = 100000,
	 .doc = "Most children alive at once; the next waits. 0: no limit."},
	{"wait", FIELD_BOOL, AT(fork.wait), .def = "true", .doc = "Ends when all children have."},
	{"child", FIELD_NAME, AT(fork.child), .doc = "One of the workload's programs."},
	F_PROGRAM(fork.program, 0, "The child's steps, in place of child."));

OP(burst, "burst", check_burst,
   "Bursts of received frames: interrupts allocate, ahead of whatever runs on the CPU.",
	F_COUNT(burst, "1", "How many bursts."),
	{"frames", FIELD_U64, AT(burst.frames), .def = "1", .min = 1, .max = 1000000,
	 .doc = "Blocks that one burst allocates."},
	F_ORDER(burst), F_GFP(burst, "\"GFP_ATOMIC\""),
	{"gap", FIELD_TIME, AT(burst.gap_ns), .def = "\"1ms\"", .max = MAX_TIME,
	 .doc = "From one burst to the next."},
	{"cpu", FIELD_S64, AT(burst.cpu), .def = "-1", .min = -1, .max = MACHINE_MAX_CPUS - 1,
	 .doc = "CPU that is interrupted; -1: the task's."},
	F_LIFETIME(burst),
	{"drain_every", FIELD_U64, AT(burst.drain_every), .max = MAX_COUNT, .unit = "bursts",
	 .doc = "Instead of lifetime: the task takes and frees all frames after so many bursts."});

OP(cma_alloc, "cma_alloc", check_cma_alloc,
   "Takes buffers from a contiguous memory area, as a driver does; what is there moves away.",
	{"name", FIELD_NAME, AT(cma_alloc.name), .required = true,
	 .doc = "Holds them under this name until freed."},
	{"area", FIELD_NAME, AT(cma_alloc.area), .required = true,
	 .doc = "One of the machine's areas (machine.cma)."},
	{"pages", FIELD_U64, AT(cma_alloc.pages), .required = true, .min = 1, .max = 1u << 28,
	 .unit = "pages", .doc = "Size of each."},
	{"align", FIELD_U64, AT(cma_alloc.align), .max = 28,
	 .doc = "Each begins at a multiple of 2^align pages."},
	F_COUNT(cma_alloc, "1", "How many buffers."),
	F_RATE(cma_alloc, "buffers/s", "Buffers a second; 0: as fast as it goes."),
	F_ON_FAIL(cma_alloc));

OP(cma_free, "cma_free", NULL, "Gives such buffers back.",
	{"name", FIELD_NAME, AT(cma_free.name), .required = true,
	 .doc = "The cma_alloc step's name."},
	F_COUNT(cma_free, "0", "How many buffers; 0: all."),
	F_RATE(cma_free, "buffers/s", "Buffers a second; 0: as fast as it goes."),
	F_PICK(cma_free));

OP(drain, "drain", NULL, "Empties the per-CPU lists of the page allocator.",
	{"cpus", FIELD_ENUM, AT(drain.scope), .def = "\"all\"", .allowed = scope_words,
	 .doc = "This task's CPU or all."});

OP(compact, "compact", NULL, "Compacts all zones, as writing to vm.compact_memory does.");

#define FILES_FIELDS                                                                              \
	{"dir", FIELD_NAME, AT(files.dir), .required = true,                                       \
	 .doc = "Directory; 500 files go into each of its sub-directories."},                      \
	{"count", FIELD_U64, AT(files.count), .required = true, .min = 1, .max = 10000000,         \
	 .doc = "How many files."},                                                                \
	F_RATE(files, "files/s", "Files a second; 0: as fast as it goes.")

OP(mkfiles, "mkfiles", NULL, "Creates small files: dentries, inodes and a little data of each.",
	FILES_FIELDS,
	{"size", FIELD_SIZE, AT(files.size), .max = 1u << 20, .doc = "Bytes written to each."});

OP(statfiles, "statfiles", NULL,
   "Looks files of a directory up (stat); what the caches have forgotten comes from disk.",
	FILES_FIELDS, F_PATTERN(files));

OP(usock, "usock", NULL,
   "Unix datagram pairs with one datagram queued in each: unmovable kernel memory.",
	F_COUNT(usock, "1", "How many pairs."),
	{"size", FIELD_SIZE, AT(usock.size), .def = "\"8KiB\"", .min = 1, .max = 1u << 20,
	 .doc = "Of one datagram."},
	F_RATE(usock, "pairs/s", "Pairs a second; 0: as fast as it goes."),
	F_FOR(usock, "How long they are held, once all are there."),
	{"repeat", FIELD_U64, AT(usock.repeat), .def = "1", .min = 1, .max = 1000000,
	 .doc = "All of it so many times."});

OP(netburst, "netburst", NULL,
   "Bursts of 1514-byte frames sent out of one interface and received on another: socket buffers "
   "and pages from softirq, kept until the receiver empties its socket.",
	F_COUNT(netburst, "1", "How many bursts."),
	{"frames", FIELD_U64, AT(netburst.frames), .def = "1", .min = 1, .max = 1000000,
	 .doc = "Frames of one burst."},
	{"gap", FIELD_TIME, AT(netburst.gap_ns), .def = "\"1ms\"", .max = MAX_TIME,
	 .doc = "From one burst to the next."},
	{"drain_every", FIELD_U64, AT(netburst.drain_every), .def = "1", .min = 1,
	 .max = MAX_COUNT, .unit = "bursts", .doc = "The socket is emptied after so many bursts."},
	F_PERCENT("lost", netburst.lost, NULL, 0,
		  "Frames that find the receive ring full: they cost time, not memory."));

OP(hugetlb, "hugetlb", check_hugetlb,
   "Sets the machine's pool of huge pages of one size; growing it stops at the first failure.",
	{"size", FIELD_SIZE, AT(hugetlb.size), .max = MAX_BYTES,
	 .doc = "Of a page; 0: of a pageblock. Larger than any free block: gigantic, a contiguous "
		"range."},
	{"pages", FIELD_U64, AT(hugetlb.pages), .required = true, .max = 1u << 24,
	 .doc = "Huge pages in the pool; fewer than now: the others are freed."});

OP(exec, "exec", check_exec,
   "Replaces the address space: all regions go, the new program's image comes.",
	{"image", FIELD_OBJECT, AT(exec.image), .sub = &process_image_table,
	 .doc = "What the new program has before it asks for memory."});

OP(exit, "exit", NULL, "Ends the task; its memory is freed.");

const struct field_table *const step_variants[] = {
	&op_map,   &op_unmap,	   &op_touch,	  &op_punch, &op_mlock,	  &op_pin,  &op_read,
	&op_write, &op_drop,	   &op_alloc,	  &op_free,  &op_slab_alloc, &op_slab_free,
	&op_sleep, &op_compute,	   &op_loop,	  &op_fork,  &op_burst,	  &op_cma_alloc,
	&op_cma_free, &op_drain,   &op_compact,
	&op_mkfiles, &op_statfiles, &op_usock,	  &op_netburst, &op_hugetlb, &op_exec,
	&op_exit,  NULL,
};

_Static_assert(ARRAY_SIZE(step_variants) == NR_STEP_OPS + 1, "one table an op");
