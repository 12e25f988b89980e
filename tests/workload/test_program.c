/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading workloads: every op, what is refused and where, names, limits, schema. */
#include <glib.h>
#include <string.h>

#include "base/hash.h"
#include "policy/profiles.h"
#include "workload/workload.h"

#define TASK(program) "{'tasks':[{'name':'t','program':[" program "]}]}"

static bool read_text(const char *text, struct workload *wl, const struct machine *machine,
		      struct err *err)
{
	struct workload_env env = {.profile = &profile_linux_7_2, .machine = machine};
	char *json = g_strdelimit(g_strdup(text), "'", '"');
	bool ok = workload_parse(wl, "w.json", json, strlen(json), &env, err);

	g_assert_true(ok == (err->count == 0));
	g_free(json);
	return ok;
}

static void must_read(const char *text, struct workload *wl)
{
	struct err err = {0};

	if (!read_text(text, wl, NULL, &err))
		g_error("%s: %s", text, err_text(&err));
}

/* The only message must be this one. */
static void check_refused(const char *text, const char *message)
{
	struct err err = {0};
	struct workload wl;

	if (read_text(text, &wl, NULL, &err))
		g_error("%s accepted", text);
	g_assert_cmpint(err.kind, ==, ERR_INPUT);
	g_assert_cmpstr(err_text(&err), ==, message);
	g_assert_null(wl.doc.text);
	g_assert_null(wl.arena.chunks);
	err_clear(&err);
}

/* Some message must contain this. */
static void check_says(const char *text, const char *part)
{
	struct err err = {0};
	struct workload wl;

	if (read_text(text, &wl, NULL, &err))
		g_error("%s accepted", text);
	if (!strstr(err_text(&err), part))
		g_error("%s: \"%s\" lacks \"%s\"", text, err_text(&err), part);
	if (!strstr(err_text(&err), "w.json:1:"))
		g_error("%s: \"%s\" names no place", text, err_text(&err));
	err_clear(&err);
}

static const char all_ops[] =
	"{'title':'all','duration':'1h','caches':{'c':{'size':200,'reclaimable':true}},"
	"'programs':{'kid':{'program':[{'op':'exit'}]}},"
	"'tasks':[{'name':'t','count':2,'stagger':'1ms','cpus':[0],'program':["
	"{'op':'map','region':'r','size':'1MiB'},"
	"{'op':'touch','region':'r','pattern':'zipf','pages':9,'rate':100,'hot':50,'cold':5},"
	"{'op':'punch','region':'r','percent':30,'run':4},"
	"{'op':'mlock','region':'r'},"
	"{'op':'unmap','region':'r'},"
	"{'op':'read','file':'f','size':'1MiB','pattern':'random','passes':2,'rate':'64MiB'},"
	"{'op':'write','file':'f','size':'1MiB','chunk':'4KiB','sync':true},"
	"{'op':'drop','file':'f'},"
	"{'op':'alloc','name':'b','order':4,'gfp':'GFP_ATOMIC|__GFP_NOWARN','count':3,"
	" 'on_fail':'exit'},"
	"{'op':'alloc','lifetime':{'dist':'lognormal','median':'1s','spread':50}},"
	"{'op':'free','name':'b','count':2,'pick':'newest'},"
	"{'op':'slab_alloc','cache':'c','name':'o','count':7},"
	"{'op':'slab_free','name':'o','pick':'random'},"
	"{'op':'sleep','for':'5ms'},"
	"{'op':'compute','random':{'dist':'uniform','min':'1us','max':'2us'}},"
	"{'op':'loop','count':3,'program':[{'op':'loop','program':[{'op':'exit'}]}]},"
	"{'op':'fork','count':2,'child':'kid','parallel':1},"
	"{'op':'fork','program':[{'op':'touch','region':'r'}],'wait':false},"
	"{'op':'burst','frames':64,'drain_every':2,'gap':'100us'},"
	"{'op':'drain','cpus':'local'},"
	"{'op':'mkfiles','dir':'d','count':3,'size':2000,'rate':700},"
	"{'op':'statfiles','dir':'d','count':5,'pattern':'random'},"
	"{'op':'usock','count':4,'size':'120KiB','for':'1s','repeat':2},"
	"{'op':'netburst','count':4,'frames':100,'drain_every':2,'lost':12.5},"
	"{'op':'hugetlb','pages':7,'size':'1GiB'},"
	"{'op':'cma_alloc','name':'m','area':'camera','pages':100,'align':4,'count':2},"
	"{'op':'cma_free','name':'m','count':1,'pick':'random'},"
	"{'op':'pin','region':'r','percent':12.5,'run':3},"
	"{'op':'compact'},"
	"{'op':'exec','image':{'private':'4KiB','virtual':'8MiB'}},"
	"{'op':'exit'}]}]}";

static void test_every_op(void)
{
	bool seen[NR_STEP_OPS] = {false};
	const struct task_def *task;
	const struct step *s;
	struct workload wl;

	must_read(all_ops, &wl);
	task = workload_tasks(&wl);
	s = task->program.items;
	for (u32 i = 0; i < task->program.n; i++)
		seen[s[i].op] = true;
	for (u32 op = 0; op < NR_STEP_OPS; op++) {
		if (!seen[op])
			g_error("op %s is not tried", step_variants[op]->name);
	}
	g_assert_cmpuint(wl.duration_ns, ==, 3600 * NSEC_PER_SEC);
	g_assert_cmpuint(task->stagger_ns, ==, NSEC_PER_MSEC);
	g_assert_cmpuint(s[0].u.map.size, ==, 1 << 20);
	g_assert_cmpuint(s[0].u.map.region.id, ==, s[1].u.touch.region.id);
	g_assert_cmpuint(s[1].u.touch.pattern, ==, PATTERN_ZIPF);
	g_assert_true(s[1].u.touch.write);
	g_assert_cmpuint(s[5].u.io.chunk, ==, 128 << 10);
	g_assert_true(s[6].u.io.sync);
	g_assert_cmpuint(s[8].u.alloc.gfp, ==, __GFP_HIGH | __GFP_KSWAPD_RECLAIM | __GFP_NOWARN);
	g_assert_cmpuint(s[8].u.alloc.on_fail, ==, ON_FAIL_EXIT);
	g_assert_cmpint(s[8].u.alloc.node, ==, -1);
	g_assert_cmpuint(s[9].u.alloc.gfp, ==, GFP_KERNEL);
	g_assert_cmpuint(s[9].u.alloc.name.id, ==, PROGRAM_NO_NAME);
	g_assert_cmpuint(s[9].u.alloc.lifetime.spread, ==, 50);
	g_assert_cmpuint(s[15].u.loop.program.items[0].op, ==, OP_LOOP);
	g_assert_true(s[16].u.fork.run == &((struct program_def *)wl.programs.items)->program);
	g_assert_true(s[17].u.fork.run == &s[17].u.fork.program);
	g_assert_cmpuint(s[18].u.burst.frames, ==, 64);
	workload_finish(&wl);
}

/* What is written back reads to the same again. */
static void test_round_trip(void)
{
	struct workload wl, again;
	struct err err = {0};
	char *text, *text2;
	json_t *json;

	must_read(all_ops, &wl);
	json = fields_write(&workload_table, &wl);
	text = json_dumps(json, JSON_COMPACT);
	if (!read_text(text, &again, NULL, &err))
		g_error("%s: %s", text, err_text(&err));
	json_decref(json);
	json = fields_write(&workload_table, &again);
	text2 = json_dumps(json, JSON_COMPACT);
	g_assert_cmpstr(text, ==, text2);
	json_decref(json);
	free(text);
	free(text2);
	workload_finish(&wl);
	workload_finish(&again);
}

/* Each op and field says what it is; the recursive schema ends. */
static void test_documented(void)
{
	json_t *schema = fields_schema(&workload_table);
	char *text;

	g_assert_nonnull(schema);
	text = json_dumps(schema, 0);
	for (u32 op = 0; op < NR_STEP_OPS; op++) {
		const struct field_table *table = step_variants[op];

		g_assert_cmpuint(table->size, ==, sizeof(struct step));
		g_assert_true(table->doc && *table->doc);
		for (const struct field *f = table->fields; f->type != FIELD_END; f++)
			g_assert_true(f->doc && f->doc[strlen(f->doc) - 1] == '.');
		g_assert_nonnull(strstr(text, table->name));
	}
	free(text);
	json_decref(schema);
}

static const char *const refused[][2] = {
	{"{}", "no tasks and no trace"},
	{"{'tasks':[]}", "no tasks and no trace"},
	{"{'tasks':{}}", "expected array"},
	{"{'tasks':[{'program':[{'op':'exit'}]}]}", "missing field \"name\""},
	{"{'tasks':[{'name':'t','program':[]}]}", "at least 1"},
	{"{'tasks':[{'name':'t'}]}", "missing field \"program\""},
	{"{'tasks':[{'name':'a b','program':[{'op':'exit'}]}]}", "expected name"},
	{"{'tasks':[{'name':'t','oom_adj':1,'program':[{'op':'exit'}]}]}", "unknown field"},
	{"{'tasks':[{'name':'t','count':0,'program':[{'op':'exit'}]}]}", "expected integer"},
	{"{'tasks':[{'name':'t','count':100001,'program':[{'op':'exit'}]}]}", "expected integer"},
	{"{'tasks':[{'name':'t','count':100000,'program':[{'op':'exit'}]}]}", "limits.tasks"},
	{"{'tasks':[{'name':'t','count':9,'stagger':'36500d','program':[{'op':'exit'}]}]}",
	 "100 years"},
	{"{'tasks':[{'name':'t','mempolicy':'bind','program':[{'op':'exit'}]}]}",
	 "needs its nodes"},
	{"{'tasks':[{'name':'t','nodes':[0],'program':[{'op':'exit'}]}]}", "takes no nodes"},
	{"{'tasks':[{'name':'t','kthread':true,'realtime':true,'program':[{'op':'exit'}]}]}",
	 "not modelled"},
	{"{'tasks':[{'name':'t','kthread':true,'program':[{'op':'map','region':'r','size':1}]}]}",
	 "no address space"},
	{"{'tasks':[{'name':'t','program':[{'op':'exit'}]},"
	 "{'name':'t','program':[{'op':'exit'}]}]}",
	 "another task has this name"},
	{"{'trace':{}}", "missing field \"file\""},
	{"{'trace':{'file':''}}", "empty file name"},
	{TASK("{}"), "missing field \"op\""},
	{TASK("7"), "expected object"},
	{TASK("{'op':'tuch'}"), "did you mean \"touch\"?"},
	{TASK("{'op':'map','region':'r'}"), "missing field \"size\""},
	{TASK("{'op':'map','region':'r','size':0}"), "expected size"},
	{TASK("{'op':'map','region':'r','size':'2TiB'}"), "expected size"},
	{TASK("{'op':'map','region':'r','size':-1}"), "expected size"},
	{TASK("{'op':'map','region':'r','size':1.5}"), "expected size"},
	{TASK("{'op':'touch','region':'r'}"), "no step maps a region of this name"},
	{TASK("{'op':'map','region':'heap','size':1},{'op':'touch','region':'heep'}"),
	 "did you mean \"heap\"?"},
	{TASK("{'op':'map','region':'r','size':1},{'op':'touch','region':'r','hot':0}"),
	 "a percentage from 0.0001 to 100"},
	{TASK("{'op':'map','region':'r','size':1},{'op':'touch','region':'r','hot':'1'}"),
	 "a percentage from 0.0001 to 100"},
	{TASK("{'op':'map','region':'r','size':1},{'op':'touch','region':'r','cold':100.5}"),
	 "a percentage from 0 to 100"},
	{TASK("{'op':'map','region':'r','size':1,'offset':1}"), "only of a mapped file"},
	{TASK("{'op':'map','region':'r','size':1,'private':true}"), "only of a mapped file"},
	{TASK("{'op':'map','region':'r','size':1,'file':'f','thp':'huge'}"), "not modelled"},
	{TASK("{'op':'map','region':'r','size':1},"
	      "{'op':'punch','region':'r','run':4,'stride':3}"), "as long as a run"},
	{TASK("{'op':'sleep','for':1,'until':1}"), "for, random or until"},
	{TASK("{'op':'compute','until':1}"), "unknown field"},
	{TASK("{'op':'mkfiles','count':1}"), "missing field \"dir\""},
	{TASK("{'op':'mkfiles','dir':'d','count':1,'size':'2MiB'}"), "expected size"},
	{TASK("{'op':'statfiles','dir':'d','count':1}"), "no mkfiles step makes files there"},
	{TASK("{'op':'usock','size':'2MiB'}"), "expected size"},
	{TASK("{'op':'netburst','drain_every':0}"), "expected integer"},
	{TASK("{'op':'hugetlb'}"), "missing field \"pages\""},
	{TASK("{'op':'cma_alloc','name':'m','pages':1}"), "missing field \"area\""},
	{TASK("{'op':'cma_alloc','name':'m','area':'a','pages':0}"), "expected integer"},
	{TASK("{'op':'cma_free','name':'m'}"), "no cma_alloc step holds buffers under this name"},
	{TASK("{'op':'exec'}"), "say what the new program has"},
	{TASK("{'op':'exec','image':{'private':'8KiB','virtual':'4KiB'}}"), "private and shared"},
	{TASK("{'op':'exec','image':{'shared':'8KiB','mapped':'9KiB','virtual':'8KiB'}}"),
	 "more than shared"},
	{"{'tasks':[{'name':'t','kthread':true,'program':[{'op':'exec',"
	 "'image':{'virtual':1}}]}]}", "no address space"},
	{"{'tasks':[{'name':'t','kthread':true,'image':{'virtual':1},'program':[{'op':'exit'}]}]}",
	 "no address space"},
	{TASK("{'op':'map','region':'r','size':1},{'op':'touch','region':'r','pages':1,'for':1}"),
	 "pages or for"},
	{TASK("{'op':'alloc','name':'b','order':14}"), "expected integer 0..13"},
	{TASK("{'op':'alloc','name':'b','order':9223372036854775807}"), "expected integer"},
	{TASK("{'op':'alloc','name':'b','order':'four'}"), "got \"four\""},
	{TASK("{'op':'alloc'}"), "give a name to free them by, or a lifetime"},
	{TASK("{'op':'alloc','name':'b','lifetime':{'dist':'exp','mean':1}}"), "one of the two"},
	{TASK("{'op':'alloc','lifetime':{'dist':'exp'}}"), "needs a mean"},
	{TASK("{'op':'alloc','lifetime':{'mean':'1s'}}"), "say which"},
	{TASK("{'op':'alloc','lifetime':{'dist':'uniform','min':2,'max':1}}"), "min <= max"},
	{TASK("{'op':'alloc','lifetime':{'dist':'lognormal','mean':1,'median':1}}"), "takes only"},
	{TASK("{'op':'alloc','name':'b','gfp':'GFP_KERNAL'}"),
	 "unknown GFP flag at \"GFP_KERNAL\""},
	{TASK("{'op':'alloc','name':'b','gfp':3264}"), "GFP flags by name"},
	{TASK("{'op':'alloc','name':'b','gfp':''}"), "unknown GFP flag"},
	{TASK("{'op':'free','name':'b'}"), "no alloc step holds blocks under this name"},
	{TASK("{'op':'slab_alloc','cache':'c','name':'o'}"), "no such cache"},
	{TASK("{'op':'slab_free','name':'o'}"), "no slab_alloc step"},
	{TASK("{'op':'sleep','for':1,'random':{'dist':'fixed','mean':1}}"), "for or random"},
	{TASK("{'op':'loop','program':[{'op':'sleep'}]}"), "an endless loop"},
	{TASK("{'op':'loop','count':1,'for':1,'program':[{'op':'sleep'}]}"), "count or for"},
	{TASK("{'op':'loop','count':1,'program':[]}"), "at least 1"},
	{TASK("{'op':'fork'}"), "give the child's program"},
	{TASK("{'op':'fork','child':'x'}"), "no such program"},
	{TASK("{'op':'fork','child':'x','program':[{'op':'exit'}]}"), "give the child's program"},
	{TASK("{'op':'burst'}"), "say when frames are freed"},
	{TASK("{'op':'burst','drain_every':1,'gfp':'GFP_KERNEL'}"), "cannot sleep"},
	{TASK("{'op':'drain','cpus':'some'}"), "\"local\", \"all\""},
	{TASK("{'op':'drop','file':'f'}"), "no such file"},
	{TASK("{'op':'exit','op':'exit'}"), "appears twice"},
};

static void test_refused(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++)
		check_says(refused[i][0], refused[i][1]);
	check_refused(TASK("{'op':'exit'},{'op':'touch','region':'r'}"),
		      "w.json:1:71: tasks[0].program[1].region: "
		      "no step maps a region of this name");
	check_refused("{'programs':{'a.b':{'program':[{'op':'free','name':'x'}]}},"
		      "'tasks':[{'name':'t','program':[{'op':'exit'}]}]}",
		      "w.json:1:52: programs[\"a.b\"].program[0].name: "
		      "no alloc step holds blocks under this name");
}

/* With a machine at hand its orders, CPUs and nodes are the limit. */
static void test_machine(void)
{
	static const char *const texts[][2] = {
		{TASK("{'op':'alloc','name':'b','order':11}"),
		 "order 11 is above the machine's largest, 10"},
		{TASK("{'op':'alloc','name':'b','node':1}"), "the machine has 1 nodes"},
		{TASK("{'op':'burst','drain_every':1,'cpu':2}"), "the machine has 2 CPUs"},
		{"{'tasks':[{'name':'t','cpus':[0,2],'program':[{'op':'exit'}]}]}",
		 "the machine has 2 CPUs"},
		{"{'tasks':[{'name':'t','mempolicy':'bind','nodes':[1],"
		 "'program':[{'op':'exit'}]}]}",
		 "the machine has 1 nodes"},
	};
	struct machine machine = {.max_order = 10, .nr_cpus = 2, .nr_nodes = 1};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct err err = {0};
		struct workload wl;

		g_assert_false(read_text(texts[i][0], &wl, &machine, &err));
		if (!strstr(err_text(&err), texts[i][1]))
			g_error("%s: %s", texts[i][0], err_text(&err));
		err_clear(&err);
		must_read(texts[i][0], &wl);
		workload_finish(&wl);
	}
}

/* Loops and forks inside one another, up to a limit that no stack notices. */
static void test_nesting(void)
{
	for (u32 depth = PROGRAM_MAX_DEPTH - 1; depth <= PROGRAM_MAX_DEPTH; depth++) {
		GString *text = g_string_new("{'tasks':[{'name':'t','program':[");
		struct err err = {0};
		struct workload wl;
		bool ok;

		for (u32 i = 0; i < depth; i++)
			g_string_append(text, "{'op':'loop','count':1,'program':[");
		g_string_append(text, "{'op':'exit'}");
		for (u32 i = 0; i < depth; i++)
			g_string_append(text, "]}");
		g_string_append(text, "]}]}");
		ok = read_text(text->str, &wl, NULL, &err);
		g_assert_true(ok == (depth < PROGRAM_MAX_DEPTH));
		if (ok)
			workload_finish(&wl);
		else
			g_assert_nonnull(strstr(err_text(&err), "nest more than"));
		err_clear(&err);
		g_string_free(text, TRUE);
	}
}

static void test_many_names(void)
{
	GString *text = g_string_new("{'tasks':[{'name':'t','program':[{'op':'exit'}");
	struct err err = {0};
	struct workload wl;

	for (u32 i = 0; i <= PROGRAM_MAX_NAMES; i++)
		g_string_append_printf(text, ",{'op':'map','region':'r%u','size':1}", i);
	g_string_append(text, "]}]}");
	g_assert_false(read_text(text->str, &wl, NULL, &err));
	g_assert_nonnull(strstr(err_text(&err), "4097 different names"));
	err_clear(&err);
	g_string_free(text, TRUE);
}

/* Any prefix of a good file, and any byte of it changed, is read or refused, never worse. */
static void test_garbled(void)
{
	char *json = g_strdelimit(g_strdup(all_ops), "'", '"');
	struct workload_env env = {.profile = &profile_linux_7_2};
	size_t len = strlen(json);

	for (size_t i = 0; i < len; i++) {
		static const char bytes[] = {0, '"', '{', '9', ' ', (char)0xff};
		struct err err = {0};
		struct workload wl;
		char was = json[i];

		g_assert_false(workload_parse(&wl, "w", json, i, &env, &err));
		g_assert_cmpint(err.kind, ==, ERR_INPUT);
		err_clear(&err);
		json[i] = bytes[i % sizeof(bytes)];
		if (workload_parse(&wl, "w", json, len, &env, &err))
			workload_finish(&wl);
		else
			g_assert_cmpint(err.kind, ==, ERR_INPUT);
		err_clear(&err);
		json[i] = was;
	}
	g_free(json);
}

static void test_trace_path(void)
{
	static const char *const paths[][3] = {
		{"w.json", "x.jsonl", "x.jsonl"},
		{"a/b/w.json", "x.jsonl.zst", "a/b/x.jsonl.zst"},
		{"a/w.json", "/x.bin", "/x.bin"},
		{"-", "x", "x"},
	};
	struct workload_env env = {.profile = &profile_linux_7_2};

	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
		char *json = g_strdup_printf("{\"trace\":{\"file\":\"%s\"}}", paths[i][1]);
		struct err err = {0};
		struct workload wl;

		g_assert_true(workload_parse(&wl, paths[i][0], json, strlen(json), &env, &err));
		g_assert_cmpstr(wl.trace_path, ==, paths[i][2]);
		workload_finish(&wl);
		g_free(json);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/workload/program/every-op", test_every_op);
	g_test_add_func("/workload/program/round-trip", test_round_trip);
	g_test_add_func("/workload/program/documented", test_documented);
	g_test_add_func("/workload/program/refused", test_refused);
	g_test_add_func("/workload/program/machine", test_machine);
	g_test_add_func("/workload/program/nesting", test_nesting);
	g_test_add_func("/workload/program/many-names", test_many_names);
	g_test_add_func("/workload/program/garbled", test_garbled);
	g_test_add_func("/workload/program/trace-path", test_trace_path);
	return g_test_run();
}
