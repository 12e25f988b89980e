/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the verbs share: reading options, printing errors, what a terminal can do. Errors go to
 * standard error in the shape of compilers' messages; err_set() made every text in them safe.
 */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/field.h"
#include "base/safe_text.h"

#define MAX_OPTIONS 64

bool cli_is_terminal(FILE *stream)
{
	const char *term = getenv("TERM");

	return isatty(fileno(stream)) && term && strcmp(term, "dumb") != 0;
}

struct cli_colours cli_colours(FILE *stream)
{
	const char *no = getenv("NO_COLOR");

	if ((no && *no) || !cli_is_terminal(stream))
		return (struct cli_colours){"", "", ""};
	return (struct cli_colours){"\033[1m", "\033[31m", "\033[0m"};
}

/* Length of "FILE:LINE:COL: " or "FILE:LINE: " at the start of a message of n bytes; 0: none. */
static size_t place_length(const char *text, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		size_t k = i;

		while (k < n && text[k] == ':' && g_ascii_isdigit(text[k + 1])) {
			k++;
			while (k < n && g_ascii_isdigit(text[k]))
				k++;
		}
		if (k > i && k + 1 < n && text[k] == ':' && text[k + 1] == ' ')
			return k + 2;
	}
	return 0;
}

/* The label stands behind the place, as compilers do it: editors jump to such lines. */
static void print_lines(const struct err *err, const char *label)
{
	struct cli_colours c = cli_colours(stderr);
	const char *text = err_text(err);

	while (*text) {
		size_t n = strcspn(text, "\n"), place = place_length(text, n);

		fprintf(stderr, "%s%.*s%s%s%s:%s %.*s\n", c.bold, (int)place, text, c.reset, c.red,
			label, c.reset, (int)(n - place), text + place);
		text += n + (text[n] == '\n');
	}
}

int cli_fail(struct err *err)
{
	int status = err->kind ? (int)err->kind : (int)ERR_BUG;

	print_lines(err, "error");
	err_clear(err);
	return status;
}

void cli_warn(struct err *err)
{
	print_lines(err, "warning");
	err_clear(err);
}

int cli_usage(const char *verb, const char *fmt, ...)
{
	struct err err = {0};
	char what[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	err_set(&err, ERR_USAGE, "%s", what);
	cli_fail(&err);
	fprintf(stderr, "Try: mempress %s%s--help\n", verb, *verb ? " " : "");
	return ERR_USAGE;
}

int cli_finish(int status)
{
	struct err err = {0};

	if (!fflush(stdout) && !ferror(stdout))
		return status;
	err_at(&err, ERR_HOST_FILE, "<stdout>", 0, 0, NULL, "cannot write: %s",
	       g_strerror(errno));
	return status ? (cli_fail(&err), status) : cli_fail(&err);
}

const char *cli_near(const char *word, const char *const *names, char *buf, size_t len)
{
	const char *near = nearest_name(word, names);

	*buf = '\0';
	if (near)
		snprintf(buf, len, " (did you mean \"%s\"?)", near);
	return buf;
}

bool cli_number(const char *text, u64 max, u64 *value)
{
	u64 v = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' ||
		    __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (u64)(*text - '0'), &v))
			return false;
	}
	*value = v;
	return v <= max;
}

/* "--sed" -> "--seed", from the message of an unknown option. */
static const char *near_option(const char *message, const GOptionEntry *entries)
{
	const char *names[MAX_OPTIONS + 1] = {NULL};
	const char *word = strstr(message, "--");

	for (u32 i = 0; i < MAX_OPTIONS && entries[i].long_name; i++)
		names[i] = entries[i].long_name;
	return word ? nearest_name(word + 2, names) : NULL;
}

static int bad_option(const char *verb, const GError *error, const GOptionEntry *entries)
{
	const char *near = error->code == G_OPTION_ERROR_UNKNOWN_OPTION ?
				   near_option(error->message, entries) :
				   NULL;

	if (near)
		return cli_usage(verb, "%s (did you mean --%s?)", error->message, near);
	return cli_usage(verb, "%s", error->message);
}

bool cli_parse(int *argc, char ***argv, const GOptionEntry *entries, const char *params,
	       const char *description, int *status)
{
	const char *verb = (*argv)[0];
	char *line = g_strdup_printf("mempress %s", verb);
	GOptionContext *ctx = g_option_context_new(params);
	gboolean help = FALSE;
	const GOptionEntry help_entry[] = {
		{"help", 'h', 0, G_OPTION_ARG_NONE, &help, "Show this help", NULL},
		{NULL},
	};
	GError *error = NULL;
	char *text;
	bool ok;

	g_set_prgname(line);
	g_option_context_set_help_enabled(ctx, FALSE);
	g_option_context_set_summary(ctx, description);
	g_option_context_add_main_entries(ctx, entries, NULL);
	g_option_context_add_main_entries(ctx, help_entry, NULL);
	ok = g_option_context_parse(ctx, argc, argv, &error);
	if (!ok) {
		*status = bad_option(verb, error, entries);
	} else if (help) {
		text = g_option_context_get_help(ctx, TRUE, NULL);
		fputs(text, stdout);
		g_free(text);
		*status = cli_finish(CLI_DONE);
	}
	g_clear_error(&error);
	g_option_context_free(ctx);
	g_free(line);
	return ok && !help;
}
