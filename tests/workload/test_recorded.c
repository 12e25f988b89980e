/* SPDX-License-Identifier: GPL-2.0-only */
/* Workloads of recordings: what becomes of each operation, and what is refused. */
#include <glib.h>
#include <string.h>

#include "policy/profiles.h"
#include "workload/recorded.h"

static bool read_text(const char *text, struct workload *wl, struct err *err)
{
	struct workload_env env = {.profile = &profile_linux_7_2};
	char *json = g_strdelimit(g_strdup(text), "'", '"');
	bool ok = workload_parse_recorded(wl, "rec.json", json, strlen(json), &env, err);

	g_free(json);
	return ok;
}

#define PHASES(phases)                                                                            \
	"{'name':'s','about':'x','machine':{'mem_mib':256,'icount':1},'sample_ms':200,"            \
	"'trace':'summary','data_mib':3,'data_files':[],'processes':[{'name':'p','start_ms':500,"  \
	"'oom_score_adj':-500,'phases':[" phases "]}]}"

static const char all[] = PHASES(
	"{'op':'alloc','region':'a','mib':24,'rate_mib_s':48},"
	"{'op':'touch','region':'a','hot':0.25,'rate_pages_s':4000,'ms':12000,'cold_prob':0.005},"
	"{'op':'punch','region':'a','frac':0.35},"
	"{'op':'punch','region':'a','stride':8},"
	"{'op':'free','region':'a'},"
	"{'op':'mlock','region':'l','mib':1},"
	"{'op':'fread','file':'/data/big','mib':480,'chunk_kib':64,'rate_mib_s':60},"
	"{'op':'mmapread','file':'/data/hot','mib':16,'rate_pages_s':2000,'ms':14500},"
	"{'op':'fwrite','file':'/data/big','mib':40,'pattern':'random','sync':1},"
	"{'op':'mkfiles','dir':'/data/d','n':4000,'bytes':2000,'rate_s':700},"
	"{'op':'statfiles','dir':'/data/d','n':4000,'pattern':'random'},"
	"{'op':'fork','n':300,'child_kib':256,'rate_s':40,'parallel':4,'child_ms':30},"
	"{'op':'hugetlb','pages':40},"
	"{'op':'usock','n':400,'kib':120,'ms':300,'repeat':2},"
	"{'op':'netburst','bursts':48,'frames':1500,'gap_ms':60,'rcvbuf_mib':96,'drain_every':6},"
	"{'op':'hold','ms':0.5}");

static const struct step *of_op(const struct task_def *task, enum step_op op, u32 nth)
{
	const struct step *steps = task->program.items;

	for (u32 i = 0; i < task->program.n; i++) {
		if (steps[i].op == op && !nth--)
			return &steps[i];
	}
	g_error("no step of op %s", step_variants[op]->name);
}

static void test_words(void)
{
	const struct task_def *task;
	const struct step *s;
	struct err err = {0};
	struct workload wl;

	if (!read_text(all, &wl, &err))
		g_error("%s", err_text(&err));
	task = workload_tasks(&wl);
	g_assert_cmpuint(wl.tasks.n, ==, 2);
	g_assert_cmpstr(task[0].name, ==, "p");
	g_assert_cmpint(task[0].oom_score_adj, ==, -500);
	g_assert_cmpuint(task[0].image.private, ==, (28 + 256) << 10);
	g_assert_cmpuint(task[0].start_ns, ==, (RECORDED_BEGIN_MS - 20 + 5) * NSEC_PER_MSEC);
	s = task->program.items;
	g_assert_cmpuint(s[0].op, ==, OP_SLEEP);
	g_assert_cmpuint(s[0].u.pause.until_ns, ==,
			 (500 + RECORDED_BEGIN_MS) * NSEC_PER_MSEC);
	s = of_op(task, OP_TOUCH, 0);
	g_assert_cmpuint(s->u.touch.rate, ==, 48 * 256);
	g_assert_cmpuint(s->u.touch.group, ==, 16);
	g_assert_cmpuint(s->u.touch.pattern, ==, PATTERN_SEQ);
	s = of_op(task, OP_TOUCH, 1);
	g_assert_cmpuint(s->u.touch.hot, ==, PPM / 4);
	g_assert_cmpuint(s->u.touch.cold, ==, 5000);
	g_assert_cmpuint(s->u.touch.pattern, ==, PATTERN_RANDOM);
	g_assert_cmpuint(s->u.touch.group, ==, 8);
	g_assert_cmpuint(s->u.touch.for_ns, ==, 12 * NSEC_PER_SEC);
	g_assert_cmpuint(of_op(task, OP_PUNCH, 0)->u.punch.share, ==, 350000);
	g_assert_cmpuint(of_op(task, OP_PUNCH, 1)->u.punch.stride, ==, 8);
	s = of_op(task, OP_READ, 0);
	g_assert_cmpuint(s->u.io.chunk, ==, 64 << 10);
	g_assert_cmpuint(s->u.io.rate, ==, 60ull << 20);
	g_assert_cmpuint(s->u.io.file.id, ==, of_op(task, OP_WRITE, 0)->u.io.file.id);
	s = of_op(task, OP_WRITE, 0);
	g_assert_true(s->u.io.sync);
	g_assert_cmpuint(s->u.io.pattern, ==, PATTERN_RANDOM);
	s = of_op(task, OP_TOUCH, 2);
	g_assert_false(s->u.touch.write);
	g_assert_cmpstr(of_op(task, OP_MAP, 2)->u.map.file.text, ==, "data_hot");
	s = of_op(task, OP_FORK, 0);
	g_assert_cmpuint(s->u.fork.parallel, ==, 4);
	g_assert_cmpuint(s->u.fork.program.n, ==, 3);
	g_assert_cmpuint(of_op(task, OP_NETBURST, 0)->u.netburst.gap_ns, ==, 60 * NSEC_PER_MSEC);
	g_assert_cmpuint(of_op(task, OP_SLEEP, 1)->u.pause.for_ns, ==, 500 * NSEC_PER_USEC);
	g_assert_cmpstr(task[1].name, ==, RECORDED_DRIVER);
	g_assert_true(task[1].background && task[1].realtime);
	g_assert_cmpuint(task[1].image.virtual_size, ==, 0);
	g_assert_cmpuint(task[1].start_ns, ==, (RECORDED_BEGIN_MS - 40) * NSEC_PER_MSEC);
	workload_finish(&wl);
}

static void test_copies(void)
{
	const struct task_def *task;
	struct err err = {0};
	struct workload wl;

	if (!read_text("{'processes':[{'name':'f','count':3,'stagger_ms':7,'start_ms':10,'phases':["
		       "{'op':'hold','ms':1}]}],'sample_ms':0}", &wl, &err))
		g_error("%s", err_text(&err));
	task = workload_tasks(&wl);
	g_assert_cmpuint(wl.tasks.n, ==, 3);
	g_assert_cmpstr(task[2].name, ==, "f2");
	g_assert_cmpuint(of_op(&task[2], OP_SLEEP, 0)->u.pause.until_ns, ==,
			 (24 + RECORDED_BEGIN_MS) * NSEC_PER_MSEC);
	g_assert_cmpuint(task[2].image.private, ==, 28 << 10);
	workload_finish(&wl);
}

static void test_refused(void)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"{}", "missing field \"processes\""},
		{"{'processes':[]}", "expected array of 1"},
		{PHASES("{'op':'sleep'}"), "got \"sleep\""},
		{PHASES("{'op':'hold','mss':1}"), "did you mean \"ms\"?"},
		{PHASES("{'op':'hold','ms':-1}"), "expected a number from 0"},
		{PHASES("{'op':'hold','ms':'1'}"), "expected a number from 0"},
		{PHASES("{'op':'exec','cmd':'sh'}"), "replay their trace"},
		{PHASES("{'op':'fread','mib':1}"), "has no file"},
		{PHASES("{'op':'mkfiles'}"), "has no dir"},
		{PHASES("{'op':'alloc','region':'a b','mib':1}"), "region"},
		{PHASES("{'op':'touch','region':'z','ms':1}"), "no step maps a region"},
		{PHASES("{'op':'alloc','mib':0}"), "expected size"},
		{"{'processes':[{'name':'p','count':10001,'phases':[{'op':'hold'}]}]}",
		 "expected integer"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct err err = {0};
		struct workload wl;

		if (read_text(cases[i].text, &wl, &err))
			g_error("%s accepted", cases[i].text);
		if (!strstr(err_text(&err), cases[i].says))
			g_error("%s: \"%s\" lacks \"%s\"", cases[i].text, err_text(&err),
				cases[i].says);
		g_assert_null(wl.doc.root);
		err_clear(&err);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/workload/recorded/words", test_words);
	g_test_add_func("/workload/recorded/copies", test_copies);
	g_test_add_func("/workload/recorded/refused", test_refused);
	return g_test_run();
}
