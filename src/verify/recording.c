/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads a recording: the file, its lines and numbers, the header, the operations. */
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

char *rec_token(struct rec_parser *p)
{
	char *s = p->next, *end;

	if (!s || !*s)
		return NULL;
	end = strchr(s, ' ');
	if (end)
		*end++ = '\0';
	p->next = end;
	return s;
}

bool rec_number(struct rec_parser *p, const char *word, const char *what, s64 min, s64 max,
		s64 *out)
{
	bool negative = *word == '-';
	const char *s = word + negative;
	u64 x = 0, base = 10;

	if (s[0] == '0' && s[1] == 'x') {
		base = 16;
		s += 2;
	}
	if (!*s)
		return rec_bad(p, "%s: expected a number, got \"%s\"", what, word);
	for (; *s; s++) {
		u64 digit = *s >= '0' && *s <= '9'   ? (u64)(*s - '0')
			    : *s >= 'a' && *s <= 'f' ? (u64)(*s - 'a') + 10
						     : 16;

		if (digit >= base || x > (u64)INT64_MAX / base - digit)
			return rec_bad(p, "%s: expected a number, got \"%s\"", what, word);
		x = x * base + digit;
	}
	*out = negative ? -(s64)x : (s64)x;
	if (*out < min || *out > max)
		return rec_bad(p, "%s: %lld is outside %lld..%lld", what, (long long)*out,
			       (long long)min, (long long)max);
	return true;
}

bool rec_u64(struct rec_parser *p, const char *what, u64 max, u64 *out)
{
	char *word = rec_token(p);
	s64 x = 0;

	if (!word)
		return rec_bad(p, "%s is missing", what);
	if (!rec_number(p, word, what, 0, (s64)max, &x))
		return false;
	*out = (u64)x;
	return true;
}

bool rec_u32(struct rec_parser *p, const char *what, u64 max, u32 *out)
{
	u64 x = 0;

	if (!rec_u64(p, what, max, &x))
		return false;
	*out = (u32)x;
	return true;
}

void *rec_grow(struct rec_parser *p, void *array_ptr, u32 *n, u32 *cap, size_t size)
{
	void **array = array_ptr;
	char *item;

	if (*n == *cap) {
		u32 more = *cap ? *cap * 2 : 16;
		void *bigger = realloc(*array, more * size);

		if (!bigger) {
			err_set(p->err, ERR_HOST_RES, "%s: no memory for the recording", p->name);
			return NULL;
		}
		*array = bigger;
		*cap = more;
	}
	item = (char *)*array + *n * size;
	memset(item, 0, size);
	(*n)++;
	return item;
}

bool rec_push(struct rec_parser *p, u32 value)
{
	struct recording *rec = p->rec;

	if (rec->nr_pool == p->cap_pool) {
		u64 more = p->cap_pool ? p->cap_pool * 2 : 4096;
		u32 *bigger = realloc(rec->pool, more * sizeof(u32));

		if (!bigger || more > UINT32_MAX)
			return err_set(p->err, ERR_HOST_RES, "%s: no memory for the recording",
				       p->name);
		rec->pool = bigger;
		p->cap_pool = more;
	}
	rec->pool[rec->nr_pool++] = value;
	return true;
}

/* Operations -------------------------------------------------------------------------------- */

static bool op_cpu(struct rec_parser *p, struct rec_op *op)
{
	u32 cpu = 0;

	if (!rec_u32(p, "CPU", p->nr_cpus - 1, &cpu))
		return false;
	op->cpu = (u16)cpu;
	return true;
}

static bool op_node(struct rec_parser *p, struct rec_op *op)
{
	u32 nid = 0;

	if (!rec_u32(p, "node", p->nr_nodes - 1, &nid))
		return false;
	op->nid = (u8)nid;
	return true;
}

static bool op_order(struct rec_parser *p, struct rec_op *op)
{
	u32 order = 0;

	if (!rec_u32(p, "order", p->rec->machine.max_order, &order))
		return false;
	op->order = (u8)order;
	return true;
}

/* Flags in the recorded kernel's bits -> ours, by name. */
static bool op_gfp(struct rec_parser *p, struct rec_op *op)
{
	u32 recorded = 0;

	if (!rec_u32(p, "gfp flags", UINT32_MAX, &recorded))
		return false;
	if (recorded & ~p->gfp_known)
		return rec_bad(p, "gfp flags 0x%x hold bits that no \"H gfpbit\" line names",
			       recorded);
	for (; recorded; recorded &= recorded - 1)
		op->gfp |= p->gfp_map[__builtin_ctz(recorded)];
	return true;
}

static bool op_pfn(struct rec_parser *p, bool may_fail, u32 *pfn)
{
	if (may_fail && p->next && !strcmp(p->next, "-")) {
		rec_token(p);
		*pfn = PFN_NONE;
		return true;
	}
	return rec_u32(p, "page frame", PFN_NONE - 1, pfn);
}

static bool op_bulk(struct rec_parser *p, struct rec_op *op)
{
	u32 pfn = 0;

	op->type = REC_BULK;
	if (!op_node(p, op) || !op_gfp(p, op) || !rec_u32(p, "pages wanted", 1u << 20, &op->wanted) ||
	    !rec_u32(p, "pages got", op->wanted, &op->n))
		return false;
	op->off = (u32)p->rec->nr_pool;
	for (u32 i = 0; i < op->n; i++)
		if (!op_pfn(p, false, &pfn) || !rec_push(p, pfn))
			return false;
	return true;
}

static bool op_release(struct rec_parser *p, struct rec_op *op)
{
	op->type = REC_RELEASE;
	if (!rec_u32(p, "number of pages", 1u << 20, &op->n))
		return false;
	op->off = (u32)p->rec->nr_pool;
	for (u32 i = 0; i < op->n; i++) {
		char *word = rec_token(p), *colon = word ? strchr(word, ':') : NULL;
		s64 pfn = 0;

		if (!colon)
			return rec_bad(p, "expected %u entries pfn:operation, got %u", op->n, i);
		*colon = '\0';
		if (!rec_number(p, word, "page frame", 0, PFN_NONE - 1, &pfn) ||
		    !rec_push(p, (u32)pfn))
			return false;
	}
	return true;
}

static bool op_free(struct rec_parser *p, struct rec_op *op)
{
	u64 ref = 0;

	op->type = REC_FREE;
	return op_order(p, op) && op_pfn(p, false, &op->pfn) &&
	       rec_u64(p, "operation that allocated", p->rec->nr_ops - 1, &ref);
}

bool rec_op_line(struct rec_parser *p, char type)
{
	struct recording *rec = p->rec;
	struct rec_op *op;
	u64 index = 0;
	bool ok;

	if (!rec->nr_states || p->in_state)
		return rec_bad(p, "an operation before the first state is complete");
	if (!rec_u64(p, "operation number", UINT32_MAX, &index))
		return false;
	if (index != rec->nr_ops)
		return rec_bad(p, "operation %llu where %u is due", (unsigned long long)index,
			       rec->nr_ops);
	op = rec_grow(p, &rec->ops, &rec->nr_ops, &p->cap_ops, sizeof(*op));
	if (!op || !op_cpu(p, op))
		return false;
	op->line = p->line_nr;
	op->pfn = PFN_NONE;
	switch (type) {
	case 'A':
		op->type = REC_ALLOC;
		ok = op_node(p, op) && op_order(p, op) && op_gfp(p, op) && op_pfn(p, true, &op->pfn);
		break;
	case 'F':
		ok = op_free(p, op);
		break;
	case 'G':
		ok = op_bulk(p, op);
		break;
	case 'R':
		ok = op_release(p, op);
		break;
	case 'D':
		op->type = REC_DRAIN;
		ok = true;
		break;
	default:
		op->type = REC_VMSTAT;
		ok = true;
		break;
	}
	if (ok && p->next && *p->next)
		return rec_bad(p, "more fields than the operation has: \"%s\"", p->next);
	return ok;
}

/* Lines ------------------------------------------------------------------------------------- */

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
		return true;
	default:
		return rec_bad(p, "unknown record \"%.16s\"", p->line);
	}
}

static bool parse_lines(struct rec_parser *p, char *text, size_t len)
{
	char *end = text + len;

	while (text < end) {
		char *newline = memchr(text, '\n', (size_t)(end - text));

		if (!newline)
			return rec_bad(p, "the last line has no end: the recording is truncated");
		*newline = '\0';
		p->line_nr++;
		if (memchr(text, '\0', (size_t)(newline - text)))
			return rec_bad(p, "a NUL byte");
		if (p->line_nr == 1 && strcmp(text, "# oracle-pfn 1"))
			return rec_bad(p, "not a recording: the first line is not \"# oracle-pfn 1\"");
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
	if (!rec->name)
		return err_set(err, ERR_HOST_RES, "no memory");
	if (parse_lines(&p, text, len) && rec_consistent(&p))
		return true;
	recording_finish(rec);
	return false;
}

bool recording_load(struct recording *rec, const char *path, struct err *err)
{
	struct stream *s = stream_open(path, RECORDING_MAX_BYTES, err);
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
		if (len > RECORDING_MAX_BYTES) {
			err_set(err, ERR_INPUT, "%s: more than %llu MiB of text", path,
				RECORDING_MAX_BYTES >> 20);
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
	free(state->free_lists);
	free(state->pcps);
	free(state->pcp_lists);
	free(state->blocks);
	free(state->kswapds);
	free(state->zonelists);
	free(state->movable);
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
