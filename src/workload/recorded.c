/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the workload of a recording to one of ours: its own table reads and checks it, then it is
 * written in our language and read by our reader, so that one reader decides what is sound.
 *
 * What the driver's processes are beside their phases is known from the recordings: each is a fork
 * of the driver, shares its 8.7 MiB of static data, writes a few pages of its own (and 256 KiB of
 * buffer if it does I/O), and is there before its first phase begins.
 */
#include "workload/recorded.h"

#include <assert.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES   (64ull << 20)
#define COPIES_MAX    10000u
#define PRIVATE_KIB   28u
#define BUFFER_KIB    256u
#define SHARED_KIB    8880u
#define MAPPED_KIB    2304u /* 36 faults of each process are not of what it writes */
#define VIRTUAL_KIB   65536u /* as many page tables as were counted, 32 of the last level */
#define DRIVER_KIB    8788u /* that it locks: nr_unevictable */
#define SAMPLE_MS     3u  /* of CPU time, 500 MIPS */
#define FORK_MS	      5u  /* between two processes, 500 MIPS */
#define DRIVER_MS     20u /* the driver is at work before it forks the first, 500 MIPS */
#define LEAD_MS	      20u /* from the first fork to what is called 0 ms */
#define ALLOC_GROUP   16u
#define CHUNK_KIB     64u
#define NET_LOST      15.65 /* percent of frames that found the ring full: 60735 of 72000 came */

enum recorded_op {
	REC_ALLOC,
	REC_MLOCK,
	REC_TOUCH,
	REC_PUNCH,
	REC_FREE,
	REC_FREAD,
	REC_MMAPREAD,
	REC_FWRITE,
	REC_MKFILES,
	REC_STATFILES,
	REC_FORK,
	REC_HUGETLB,
	REC_USOCK,
	REC_NETBURST,
	REC_EXEC,
	REC_HOLD,
	NR_REC_OPS
};

static const char *const op_words[] = {"alloc",	   "mlock",	"touch", "punch",   "free",
				       "fread",	   "mmapread",	"fwrite", "mkfiles", "statfiles",
				       "fork",	   "hugetlb",	"usock", "netburst", "exec",
				       "hold",	   NULL};
_Static_assert(ARRAY_SIZE(op_words) == NR_REC_OPS + 1, "one word an op");

static const char *const pattern_words[] = {"default", "seq", "random", NULL};
enum { PATTERN_DEFAULT, PATTERN_REC_SEQ, PATTERN_REC_RANDOM };
static const char *const thp_words[] = {"default", "never", "huge", NULL};
enum { THP_REC_DEFAULT, THP_REC_NEVER, THP_REC_HUGE };

struct phase {
	u32 op, pattern, thp;
	const char *region, *file, *dir, *cmd;
	double mib, rate_mib_s, ms, rate_pages_s, hot, cold_prob, write, frac, stride, run;
	double chunk_kib, passes, sync, n, bytes, rate_s, child_kib, child_ms, parallel, pages;
	double kib, repeat, bursts, frames, gap_ms, rcvbuf_mib, drain_every;
};

struct process_def {
	const char *name;
	s64 oom_score_adj;
	double start_ms, stagger_ms;
	u64 count;
	struct field_array phases; /* struct phase */
};

struct recorded {
	const char *name, *about, *trace, *data_root;
	struct field_array processes; /* struct process_def */
	u64 icount;
	u64 sample_ms;
};

/* A number from field->min to field->max, decimals allowed. */
static bool parse_number(struct field_ctx *ctx, json_t *value, void *out, const struct field *field)
{
	double number = json_number_value(value);

	if (!json_is_number(value) || !(number >= (double)field->min) ||
	    !(number <= (double)field->max))
		return field_error(ctx, NULL, "expected a number from %lld to %llu",
				   (long long)field->min, (unsigned long long)field->max);
	memcpy(out, &number, sizeof(number));
	return true;
}

/* Of the recording, not of the workload: the scenario's reader looks at it. */
static bool parse_other(struct field_ctx *ctx, json_t *value, void *out, const struct field *field)
{
	(void)ctx;
	(void)value;
	(void)out;
	(void)field;
	return true;
}

#define NUMBER(word, most, d, text)                                                               \
	{#word, FIELD_CUSTOM, .offset = offsetof(struct phase, word), .def = d, .max = most,       \
	 .parse = parse_number, .schema = "{\"type\":\"number\"}", .doc = text}
#define TEXT(word, text)                                                                          \
	{#word, FIELD_STRING, .offset = offsetof(struct phase, word), .max = 255, .doc = text}
#define COUNT_MAX 1000000000ull

static const struct field_table phase_table = {
	.name = "phase",
	.doc = "One phase of a recorded process.",
	.size = sizeof(struct phase),
	.fields = (const struct field[]){
		{"op", FIELD_ENUM, .offset = offsetof(struct phase, op), .required = true,
		 .allowed = op_words, .doc = "What it does."},
		{"pattern", FIELD_ENUM, .offset = offsetof(struct phase, pattern),
		 .def = "\"default\"", .allowed = pattern_words, .doc = "Order of accesses."},
		{"thp", FIELD_ENUM, .offset = offsetof(struct phase, thp), .def = "\"default\"",
		 .allowed = thp_words, .doc = "Advice on huge pages."},
		TEXT(region, "Name of the region."),
		TEXT(file, "Path of the file."),
		TEXT(dir, "Path of the directory."),
		TEXT(cmd, "Command line."),
		NUMBER(mib, 1 << 20, NULL, "Size."),
		NUMBER(rate_mib_s, 1 << 20, NULL, "Pace; 0: none."),
		NUMBER(ms, COUNT_MAX, NULL, "How long."),
		NUMBER(rate_pages_s, COUNT_MAX, NULL, "Pace; 0: none."),
		NUMBER(hot, 1, "1", "First fraction that is accessed."),
		NUMBER(cold_prob, 1, NULL, "Probability of any page instead."),
		NUMBER(write, 1, "1", "Accesses write."),
		NUMBER(frac, 1, NULL, "Probability of each run."),
		NUMBER(stride, 1 << 28, NULL, "One run every so many pages."),
		NUMBER(run, 1 << 28, "1", "Pages at a time."),
		NUMBER(chunk_kib, 1 << 20, NULL, "Of one call."),
		NUMBER(passes, COUNT_MAX, "1", "How many times."),
		NUMBER(sync, 1, NULL, "Ends with fsync."),
		NUMBER(n, COUNT_MAX, "1", "How many."),
		NUMBER(bytes, 1 << 20, NULL, "Of one file."),
		NUMBER(rate_s, COUNT_MAX, NULL, "Pace; 0: none."),
		NUMBER(child_kib, 1 << 30, NULL, "That a child touches."),
		NUMBER(child_ms, COUNT_MAX, NULL, "That a child lives."),
		NUMBER(parallel, 100000, NULL, "Children alive at once; 0: no limit."),
		NUMBER(pages, 1 << 24, NULL, "Huge pages."),
		NUMBER(kib, 1024, "8", "Of one datagram."),
		NUMBER(repeat, 1000000, "1", "How many times."),
		NUMBER(bursts, COUNT_MAX, "1", "Bursts."),
		NUMBER(frames, 1000000, "1", "Frames of one burst."),
		NUMBER(gap_ms, COUNT_MAX, "1", "Between bursts."),
		NUMBER(rcvbuf_mib, 1 << 20, NULL, "Limit of the socket; never reached."),
		NUMBER(drain_every, COUNT_MAX, "1", "Bursts until the socket is emptied."),
		{NULL},
	},
};

static bool check_process(struct field_ctx *ctx, void *object)
{
	const struct process_def *process = object;
	const struct phase *phases = process->phases.items;

	for (u32 i = 0; i < process->phases.n; i++) {
		if (phases[i].op == REC_EXEC)
			return field_error(ctx, "phases", "programs of a real user space cannot "
							  "be performed; replay their trace");
		if ((phases[i].op == REC_FREAD || phases[i].op == REC_FWRITE ||
		     phases[i].op == REC_MMAPREAD) && !phases[i].file)
			return field_error(ctx, "phases", "phase %u has no file", i);
		if ((phases[i].op == REC_MKFILES || phases[i].op == REC_STATFILES) &&
		    !phases[i].dir)
			return field_error(ctx, "phases", "phase %u has no dir", i);
	}
	return true;
}

#define AT_PROCESS(m) .offset = offsetof(struct process_def, m)

static const struct field_table process_table = {
	.name = "process",
	.doc = "A recorded process.",
	.size = sizeof(struct process_def),
	.check = check_process,
	.fields = (const struct field[]){
		{"name", FIELD_NAME, AT_PROCESS(name), .required = true, .max = 48, .doc = "Name."},
		{"oom_score_adj", FIELD_S64, AT_PROCESS(oom_score_adj), .def = "0", .min = -1000,
		 .max = 1000, .doc = "As in /proc."},
		{"start_ms", FIELD_CUSTOM, AT_PROCESS(start_ms), .max = COUNT_MAX,
		 .parse = parse_number, .schema = "{\"type\":\"number\"}",
		 .doc = "When the first phase begins."},
		{"stagger_ms", FIELD_CUSTOM, AT_PROCESS(stagger_ms), .max = COUNT_MAX,
		 .parse = parse_number, .schema = "{\"type\":\"number\"}",
		 .doc = "Each further copy so much later."},
		{"count", FIELD_U64, AT_PROCESS(count), .def = "1", .min = 1, .max = COPIES_MAX,
		 .doc = "Copies."},
		{"phases", FIELD_ARRAY, AT_PROCESS(phases), .required = true, .min = 1,
		 .sub = &phase_table, .max = 10000, .doc = "In order."},
		{NULL},
	},
};

/* Instructions of the guest: two nanoseconds each with icount 1, one with 0. */
static bool parse_machine(struct field_ctx *ctx, json_t *value, void *out,
			  const struct field *field)
{
	const json_t *icount = json_object_get(value, "icount");
	u64 shift = 1;

	(void)field;
	if (!json_is_object(value))
		return field_error(ctx, NULL, "expected an object");
	if (json_is_integer(icount) && json_integer_value(icount) == 0)
		shift = 0;
	memcpy(out, &shift, sizeof(shift));
	return true;
}

#define OTHER(word)                                                                               \
	{word, FIELD_CUSTOM, .parse = parse_other, .schema = "{}", .doc = "Of the recording."}
#define AT_RECORDED(m) .offset = offsetof(struct recorded, m)

static const struct field_table recorded_table = {
	.name = "recorded",
	.doc = "The workload of a recording.",
	.size = sizeof(struct recorded),
	.fields = (const struct field[]){
		{"name", FIELD_STRING, AT_RECORDED(name), .max = 200, .doc = "Name."},
		{"about", FIELD_STRING, AT_RECORDED(about), .doc = "What it shows."},
		{"machine", FIELD_CUSTOM, AT_RECORDED(icount), .parse = parse_machine,
		 .schema = "{\"type\":\"object\"}", .doc = "Where it ran."},
		{"processes", FIELD_ARRAY, AT_RECORDED(processes), .required = true, .min = 1,
		 .sub = &process_table, .max = COPIES_MAX, .doc = "Processes."},
		{"sample_ms", FIELD_U64, AT_RECORDED(sample_ms), .def = "200", .max = COUNT_MAX,
		 .doc = "From one look at /proc to the next; 0: none."},
		OTHER("trace"), OTHER("data_mib"), OTHER("data_files"), OTHER("data_root"),
		OTHER("limit_s"),
		{NULL},
	},
};

static json_int_t whole(double number)
{
	return (json_int_t)(number + 0.5);
}

static json_t *text_ms(double ms)
{
	return json_integer(whole(ms * 1e6)); /* times without a unit are ns */
}

static json_int_t rate_bytes(const struct phase *phase)
{
	return whole(phase->rate_mib_s * (1 << 20));
}

/* "/data/big" -> "data_big" */
static char *file_name(const char *path)
{
	char *name = g_strdup(*path == '/' ? path + 1 : path);

	return g_strcanon(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-",
			  '_');
}

static const char *region_name(const struct phase *phase)
{
	return phase->region ? phase->region : "m";
}

static const char *pattern_name(const struct phase *phase, u32 usual)
{
	return pattern_words[phase->pattern == PATTERN_DEFAULT ? usual : phase->pattern];
}

static void add(json_t *program, json_t *step)
{
	json_array_append_new(program, step);
}

/* Maps and writes in steps of 16 pages. */
static void add_alloc(json_t *program, const struct phase *phase)
{
	static const char *const thp[] = {"default", "never", "huge"};
	const char *region = region_name(phase);

	add(program, json_pack("{ss ss sI ss}", "op", "map", "region", region, "size",
			       whole(phase->mib * (1 << 20)), "thp", thp[phase->thp]));
	if (phase->op == REC_MLOCK)
		add(program, json_pack("{ss ss}", "op", "mlock", "region", region));
	else
		add(program, json_pack("{ss ss sI si}", "op", "touch", "region", region, "rate",
				       whole(phase->rate_mib_s * 256), "group", ALLOC_GROUP));
}

static json_t *touch_step(const struct phase *phase, const char *region, bool write)
{
	return json_pack("{ss ss ss sf sf sI so sb}", "op", "touch", "region", region, "pattern",
			 pattern_name(phase, PATTERN_REC_RANDOM), "hot", phase->hot * 100, "cold",
			 phase->cold_prob * 100, "rate", whole(phase->rate_pages_s), "for",
			 text_ms(phase->ms), "write", write);
}

static void add_mmapread(json_t *program, const struct phase *phase, u32 number)
{
	char *file = file_name(phase->file), region[32];

	g_snprintf(region, sizeof(region), "mmap%u", number);
	add(program, json_pack("{ss ss sI ss}", "op", "map", "region", region, "size",
			       whole(phase->mib * (1 << 20)), "file", file));
	add(program, touch_step(phase, region, false));
	add(program, json_pack("{ss ss}", "op", "unmap", "region", region));
	g_free(file);
}

static void add_io(json_t *program, const struct phase *phase)
{
	bool write = phase->op == REC_FWRITE;
	char *file = file_name(phase->file);
	json_t *step;

	step = json_pack("{ss ss sI sI ss sI sI}", "op", write ? "write" : "read", "file", file,
			 "size", whole(phase->mib * (1 << 20)), "chunk",
			 whole((phase->chunk_kib > 0 ? phase->chunk_kib : CHUNK_KIB) * 1024),
			 "pattern", pattern_name(phase, PATTERN_REC_SEQ), "passes",
			 whole(phase->passes), "rate", rate_bytes(phase));
	if (write)
		json_object_set_new(step, "sync", json_boolean(phase->sync != 0));
	add(program, step);
	g_free(file);
}

static void add_files(json_t *program, const struct phase *phase)
{
	bool make = phase->op == REC_MKFILES;
	char *dir = file_name(phase->dir);
	json_t *step = json_pack("{ss ss sI sI}", "op", make ? "mkfiles" : "statfiles", "dir", dir,
				 "count", whole(phase->n), "rate", whole(phase->rate_s));

	if (make)
		json_object_set_new(step, "size", json_integer(whole(phase->bytes)));
	else
		json_object_set_new(step, "pattern",
				    json_string(pattern_name(phase, PATTERN_REC_SEQ)));
	add(program, step);
	g_free(dir);
}

static void add_fork(json_t *program, const struct phase *phase)
{
	json_t *child = json_array();

	if (phase->child_kib > 0) {
		add(child, json_pack("{ss ss sI}", "op", "map", "region", "child", "size",
				     whole(phase->child_kib * 1024)));
		add(child, json_pack("{ss ss}", "op", "touch", "region", "child"));
	}
	add(child, json_pack("{ss so}", "op", "sleep", "for", text_ms(phase->child_ms)));
	add(program, json_pack("{ss sI sI sI so}", "op", "fork", "count", whole(phase->n), "rate",
			       whole(phase->rate_s), "parallel", whole(phase->parallel), "program",
			       child));
}

static void add_punch(json_t *program, const struct phase *phase)
{
	if (phase->stride > 0)
		add(program, json_pack("{ss ss sI sI}", "op", "punch", "region",
				       region_name(phase), "stride",
				       whole(phase->stride), "run",
				       whole(phase->run)));
	else
		add(program, json_pack("{ss ss sf sI}", "op", "punch", "region",
				       region_name(phase), "percent", phase->frac * 100, "run",
				       whole(phase->run)));
}

static void add_net(json_t *program, const struct phase *phase)
{
	if (phase->op == REC_USOCK)
		add(program, json_pack("{ss sI sI sI so sI}", "op", "usock", "count",
				       whole(phase->n), "size", whole(phase->kib * 1024), "rate",
				       whole(phase->rate_s), "for", text_ms(phase->ms), "repeat",
				       whole(phase->repeat)));
	else
		add(program, json_pack("{ss sI sI so sI sf}", "op", "netburst", "count",
				       whole(phase->bursts), "frames", whole(phase->frames), "gap",
				       text_ms(phase->gap_ms), "drain_every",
				       whole(phase->drain_every), "lost", NET_LOST));
}

static void add_phase(json_t *program, const struct phase *phase, u32 number)
{
	switch ((enum recorded_op)phase->op) {
	case REC_ALLOC:
	case REC_MLOCK:
		add_alloc(program, phase);
		break;
	case REC_TOUCH:
		add(program, touch_step(phase, region_name(phase), phase->write != 0));
		break;
	case REC_PUNCH:
		add_punch(program, phase);
		break;
	case REC_FREE:
		add(program, json_pack("{ss ss}", "op", "unmap", "region", region_name(phase)));
		break;
	case REC_MMAPREAD:
		add_mmapread(program, phase, number);
		break;
	case REC_FREAD:
	case REC_FWRITE:
		add_io(program, phase);
		break;
	case REC_MKFILES:
	case REC_STATFILES:
		add_files(program, phase);
		break;
	case REC_FORK:
		add_fork(program, phase);
		break;
	case REC_HUGETLB:
		add(program, json_pack("{ss sI}", "op", "hugetlb", "pages", whole(phase->pages)));
		break;
	case REC_USOCK:
	case REC_NETBURST:
		add_net(program, phase);
		break;
	case REC_HOLD:
		add(program, json_pack("{ss so}", "op", "sleep", "for", text_ms(phase->ms)));
		break;
	case REC_EXEC:
	case NR_REC_OPS:
		assert(0 && "refused when read");
	}
}

static bool does_io(const struct process_def *process)
{
	const struct phase *phases = process->phases.items;
	bool io = false;

	for (u32 i = 0; i < process->phases.n; i++)
		io |= phases[i].op == REC_FREAD || phases[i].op == REC_FWRITE ||
		      phases[i].op == REC_MKFILES || phases[i].op == REC_STATFILES ||
		      phases[i].op == REC_USOCK || phases[i].op == REC_NETBURST;
	return io;
}

static json_t *image_of(u32 private_kib)
{
	return json_pack("{sI sI sI sI}", "private", (json_int_t)private_kib << 10, "shared",
			 (json_int_t)(SHARED_KIB - PRIVATE_KIB) << 10, "mapped",
			 (json_int_t)MAPPED_KIB << 10, "virtual",
			 (json_int_t)VIRTUAL_KIB << 10);
}

/* fork_ms: when the driver forks it; who is to start before that does so then. */
static json_t *task_of(const struct process_def *process, u64 copy, double fork_ms)
{
	const struct phase *phases = process->phases.items;
	json_t *program = json_array(), *task;
	double start = process->start_ms + (double)copy * process->stagger_ms;
	char *name = g_strdup(process->name);

	if (process->count > 1) {
		g_free(name);
		name = g_strdup_printf("%s%llu", process->name, (unsigned long long)copy);
	}
	if (start > 0)
		add(program, json_pack("{ss so}", "op", "sleep", "until",
				       text_ms(start + RECORDED_BEGIN_MS)));
	for (u32 i = 0; i < process->phases.n; i++)
		add_phase(program, &phases[i], i);
	task = json_pack("{ss so sI so so}", "name", name, "start", text_ms(fork_ms),
			 "oom_score_adj", (json_int_t)process->oom_score_adj, "image",
			 image_of(PRIVATE_KIB + (does_io(process) ? BUFFER_KIB : 0)), "program",
			 program);
	g_free(name);
	return task;
}

/* Times that a CPU of 500 MIPS takes; two CPUs have twice as many. */
static double scaled_ms(const struct recorded *rec, u32 ms)
{
	return rec->icount ? ms : ms / 2.0;
}

/* Locked, realtime, looks at /proc now and then. Its buffers come from slabs that are there: while
   nothing else ran, the recordings count neither pages allocated nor freed from look to look.
   No image: it inherits stack and page tables of what wrote down the state and then ended. */
static json_t *driver_task(const struct recorded *rec)
{
	double busy_ms = scaled_ms(rec, SAMPLE_MS);
	double start_ms = RECORDED_BEGIN_MS - LEAD_MS - scaled_ms(rec, DRIVER_MS);

	return json_pack("{ss sb sb so s[{ss ss si} {ss ss} {ss s[{ss so} {ss so}]}]}", "name",
			 RECORDED_DRIVER, "realtime", 1, "background", 1, "start",
			 text_ms(start_ms), "program", "op", "map", "region", "log", "size",
			 DRIVER_KIB << 10, "op", "mlock", "region", "log", "op", "loop", "program",
			 "op", "sleep", "for", text_ms((double)rec->sample_ms - busy_ms), "op",
			 "compute", "for", text_ms(busy_ms));
}

static char *to_text(const struct recorded *rec)
{
	const struct process_def *processes = rec->processes.items;
	double begin_ms = RECORDED_BEGIN_MS - LEAD_MS, fork_ms = scaled_ms(rec, FORK_MS);
	json_t *tasks = json_array(), *root;
	u64 n = 0;
	char *text;

	for (u32 i = 0; i < rec->processes.n; i++)
		for (u64 copy = 0; copy < processes[i].count; copy++)
			add(tasks, task_of(&processes[i], copy, begin_ms + fork_ms * (double)++n));
	if (rec->sample_ms > SAMPLE_MS)
		json_array_append_new(tasks, driver_task(rec));
	root = json_pack("{ss ss so}", "title", rec->name ? rec->name : "a recording",
			 "description", rec->about ? rec->about : "", "tasks", tasks);
	text = root ? json_dumps(root, JSON_REAL_PRECISION(12)) : NULL;
	json_decref(root);
	return text;
}

static bool convert(struct workload *wl, const struct json_doc *doc, const struct workload_env *env,
		    struct err *err)
{
	struct arena arena = {.cap = ARENA_BYTES};
	struct recorded rec;
	char *text = NULL;
	bool ok = fields_read(&recorded_table, doc, doc->root, "", &rec, &arena, NULL, err);

	if (ok) {
		text = to_text(&rec);
		ok = text ? workload_parse(wl, doc->name, text, strlen(text), env, err) :
			    err_set(err, ERR_HOST_RES, "no memory for the recorded workload");
	}
	free(text);
	arena_finish(&arena);
	return ok;
}

bool workload_from_recorded(struct workload *wl, const char *path, const struct workload_env *env,
			    struct err *err)
{
	struct json_doc doc;
	bool ok;

	*wl = (struct workload){0};
	if (!json_doc_load(&doc, path, err))
		return false;
	ok = convert(wl, &doc, env, err);
	json_doc_finish(&doc);
	return ok;
}

bool workload_parse_recorded(struct workload *wl, const char *name, const char *text, size_t len,
			     const struct workload_env *env, struct err *err)
{
	struct json_doc doc;
	bool ok;

	*wl = (struct workload){0};
	if (!json_doc_parse(&doc, name, text, len, err))
		return false;
	ok = convert(wl, &doc, env, err);
	json_doc_finish(&doc);
	return ok;
}
