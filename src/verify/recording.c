/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads a recording: the file, its lines, and the memory that holds them. */
#include "verify/recording.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/stream.h"
#include "verify/recording_internal.h"

bool rec_bad(struct rec_parser *p, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return err_at(p->err, ERR_INPUT, p->name, p->line_nr, 0, NULL, "%s", text);
}

/* Counts what the arrays take together. */
static bool budget(struct rec_parser *p, u64 bytes)
{
	p->bytes += bytes;
	return p->bytes <= RECORDING_MAX_MEMORY ||
	       rec_bad(p, "the recording takes more than %llu MiB when read",
		       RECORDING_MAX_MEMORY >> 20);
}

void *rec_grow(struct rec_parser *p, void *array_ptr, u32 *len, u32 *cap, u32 n, size_t size)
{
	void **array = array_ptr;
	char *item;

	if (*cap - *len < n) {
		u32 more = *cap * 2 < *len + n ? *len + n + 2 : *cap * 2;
		void *bigger;

		if (!budget(p, (u64)(more - *cap) * size))
			return NULL;
		bigger = realloc(*array, more * size);
		if (!bigger) {
			err_set(p->err, ERR_HOST_RES, "%s: no memory for the recording", p->name);
			return NULL;
		}
		*array = bigger;
		*cap = more;
	}
	item = (char *)*array + *len * size;
	memset(item, 0, n * size);
	*len += n;
	return item;
}

bool rec_push(struct rec_parser *p, u32 value)
{
	struct recording *rec = p->rec;

	if (rec->nr_pool == p->cap_pool) {
		u64 more = p->cap_pool ? p->cap_pool * 2 : 4096;
		u32 *bigger;

		if (!budget(p, (more - p->cap_pool) * sizeof(u32)))
			return false;
		bigger = realloc(rec->pool, more * sizeof(u32));
		if (!bigger)
			return err_set(p->err, ERR_HOST_RES, "%s: no memory for the recording",
				       p->name);
		rec->pool = bigger;
		p->cap_pool = more;
	}
	rec->pool[rec->nr_pool++] = value;
	return true;
}

static bool record_line(struct rec_parser *p)
{
	char type = p->line[0];

	if (type == '#' || !type)
		return true;
	if (p->done)
		return rec_bad(p, "more lines after X");
	if (p->line[1] && p->line[1] != ' ')
		return rec_bad(p, "unknown record \"%.16s\"", p->line);
	p->next = p->line[1] ? p->line + 2 : NULL;
	if (type != 'H' && !p->rec->nr_states && !p->in_state && !rec_header_done(p))
		return false;
	if (p->in_state && type != 's')
		return rec_state_line(p, type);
	switch (type) {
	case 'H':
		return rec_header(p);
	case 'S':
		return rec_state_begin(p);
	case 's':
		return rec_state_end(p);
	case 'A':
	case 'F':
	case 'G':
	case 'R':
	case 'D':
	case 'V':
		return rec_op_line(p, type);
	case 'Q':
		return rec_check_line(p);
	case 'X':
		p->done = true;
		return rec_line_end(p);
	default:
		return rec_bad(p, "unknown record \"%.16s\"", p->line);
	}
}

static bool parse_lines(struct rec_parser *p, char *text, size_t len)
{
	char *end = text + len;

	while (text < end) {
		char *newline = memchr(text, '\n', (size_t)(end - text));

		p->line_nr++;
		if (!newline)
			return rec_bad(p, "the last line has no end: the recording is truncated");
		*newline = '\0';
		if (memchr(text, '\0', (size_t)(newline - text)))
			return rec_bad(p, "a NUL byte");
		if (p->line_nr == 1 && strcmp(text, "# oracle-pfn 1"))
			return rec_bad(p,
				       "not a recording: the first line is not \"# oracle-pfn 1\"");
		p->line = text;
		if (!record_line(p))
			return false;
		text = newline + 1;
	}
	if (!p->done)
		return rec_bad(p, "no X line: the recording is truncated");
	return true;
}

bool recording_parse(struct recording *rec, const char *name, char *text, size_t len,
		     struct err *err)
{
	struct rec_parser p = {.rec = rec, .err = err, .name = name};

	memset(rec, 0, sizeof(*rec));
	rec->name = strdup(name);
	rec->cpu_node = calloc(MACHINE_MAX_CPUS, sizeof(u32));
	if (!rec->name || !rec->cpu_node) {
		recording_finish(rec);
		return err_set(err, ERR_HOST_RES, "no memory");
	}
	if (parse_lines(&p, text, len) && rec_consistent(&p))
		return true;
	recording_finish(rec);
	return false;
}

bool recording_load(struct recording *rec, const char *path, struct err *err)
{
	struct stream *s = stream_open(path, RECORDING_MAX_TEXT, err);
	size_t len = 0, cap = 0, got;
	char *text = NULL;
	bool ok = false;

	memset(rec, 0, sizeof(*rec));
	if (!s)
		return false;
	for (;;) {
		if (cap - len < 1u << 20) {
			char *bigger = realloc(text, cap += cap / 2 + (4u << 20));

			if (!bigger) {
				err_set(err, ERR_HOST_RES, "%s: no memory", path);
				break;
			}
			text = bigger;
		}
		got = stream_read(s, text + len, cap - len, err);
		len += got;
		if (len > RECORDING_MAX_TEXT) {
			err_set(err, ERR_INPUT, "%s: more than %llu MiB of text", path,
				RECORDING_MAX_TEXT >> 20);
			break;
		}
		if (!got) {
			ok = err->kind == ERR_NONE && recording_parse(rec, path, text, len, err);
			break;
		}
	}
	free(text);
	stream_close(s);
	return ok;
}

static void state_finish(struct rec_state *state)
{
	free(state->zones);
	free(state->pcps);
	free(state->nodes);
}

void recording_finish(struct recording *rec)
{
	for (u32 i = 0; i < rec->nr_states; i++)
		state_finish(&rec->states[i]);
	free(rec->states);
	free(rec->checks);
	free(rec->ops);
	free(rec->pool);
	free(rec->cpu_node);
	free(rec->kernel);
	free(rec->character);
	free(rec->name);
	free(rec->machine.distance);
	free(rec->machine.memory);
	free(rec->machine.zones);
	memset(rec, 0, sizeof(*rec));
}
