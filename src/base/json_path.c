/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing, reading and walking JSON paths in a tree. Walking them in a text: json_locate.c. */
#include "base/json_path.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

static int bad(const char **problem, const char *text)
{
	*problem = text;
	return -1;
}

static bool key_add(struct json_step *step, char c)
{
	if (step->len >= JSON_PATH_KEY_MAX)
		return false;
	step->key[step->len++] = c;
	step->key[step->len] = '\0';
	return true;
}

/* p is behind '["' */
static int quoted_step(const char **path, const char *p, struct json_step *step,
		       const char **problem)
{
	for (; *p && *p != '"'; p++) {
		if (*p == '\\' && *++p != '"' && *p != '\\')
			return bad(problem, "only \\\" and \\\\ are known in a quoted name");
		if (!key_add(step, *p))
			return bad(problem, "name longer than 256 bytes");
	}
	if (p[0] != '"' || p[1] != ']')
		return bad(problem, "expected \"] behind a quoted name");
	*path = p + 2;
	return 1;
}

/* p is behind '[' */
static int index_step(const char **path, const char *p, struct json_step *step,
		      const char **problem)
{
	if (!g_ascii_isdigit(*p))
		return bad(problem, "expected a number or a quoted name behind '['");
	step->is_index = true;
	for (; g_ascii_isdigit(*p); p++) {
		if (__builtin_mul_overflow(step->index, 10, &step->index) ||
		    __builtin_add_overflow(step->index, (u32)(*p - '0'), &step->index))
			return bad(problem, "index too large");
	}
	if (*p != ']')
		return bad(problem, "expected ']' behind the index");
	*path = p + 1;
	return 1;
}

int json_path_next(const char **path, bool first, struct json_step *step, const char **problem)
{
	const char *p = *path;

	step->is_index = false;
	step->index = 0;
	step->len = 0;
	step->key[0] = '\0';
	if (!*p || *p == '=')
		return 0;
	if (*p == '[')
		return p[1] == '"' ? quoted_step(path, p + 2, step, problem)
				   : index_step(path, p + 1, step, problem);
	if (!first && *p++ != '.')
		return bad(problem, "expected '.' or '[' between two names");
	for (; *p && !strchr(".[]=\"", *p); p++) {
		if (!key_add(step, *p))
			return bad(problem, "name longer than 256 bytes");
	}
	if (!step->len)
		return bad(problem, "empty name");
	*path = p;
	return 1;
}

static bool is_plain(const char *key)
{
	for (const char *p = key; *p; p++) {
		if (!g_ascii_isalnum(*p) && !strchr("_-$", *p))
			return false;
	}
	return *key;
}

size_t json_path_key(char *buf, size_t size, size_t used, const char *key)
{
	size_t need = strlen(key) + 1, at = used;

	if (is_plain(key)) {
		if (used + need + 1 > size)
			return used;
		if (used)
			buf[at++] = '.';
		memcpy(buf + at, key, need);
		return at + need - 1;
	}
	for (const char *p = key; *p; p++)
		need += *p == '"' || *p == '\\';
	if (used + need + 4 > size)
		return used;
	buf[at++] = '[';
	buf[at++] = '"';
	for (; *key; key++) {
		if (*key == '"' || *key == '\\')
			buf[at++] = '\\';
		buf[at++] = *key;
	}
	memcpy(buf + at, "\"]", 3);
	return at + 2;
}

size_t json_path_index(char *buf, size_t size, size_t used, u32 index)
{
	char text[16];
	size_t n = (size_t)snprintf(text, sizeof(text), "[%u]", index);

	if (used + n + 1 > size)
		return used;
	memcpy(buf + used, text, n + 1);
	return used + n;
}

json_t *json_path_get(json_t *root, const char *path)
{
	struct json_step step;
	const char *problem;
	bool first = true;

	while (root) {
		int more = json_path_next(&path, first, &step, &problem);

		if (more <= 0)
			return more < 0 || *path ? NULL : root;
		root = step.is_index ? json_array_get(root, step.index)
				     : json_object_get(root, step.key);
		first = false;
	}
	return NULL;
}
