/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading a JSON document: read with a cap, scan (json_scan.c), then let jansson build the tree.
 * What is left for jansson to refuse are duplicate keys, reals out of range and lack of memory.
 */
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json_path.h"
#include "base/json_scan.h"

static bool at_offset(const char *name, const char *text, size_t len, size_t offset,
		      struct err *err, const char *what)
{
	u64 line, col;

	json_position(text, len, offset, &line, &col);
	return err_at(err, ERR_INPUT, name, line, col, NULL, "%s", what);
}

/* The last string token that starts before offset: the key that jansson stumbled over. */
static size_t string_before(const char *text, size_t len, size_t offset, char *key, size_t size)
{
	struct json_lexer lexer = {.text = text, .len = len};
	size_t found = 0;
	enum json_token token;

	key[0] = '\0';
	do {
		token = json_lexer_next(&lexer);
		if (token == JSON_TOKEN_STRING && lexer.start < offset) {
			found = lexer.start;
			snprintf(key, size, "%.*s", (int)(lexer.end - lexer.start), text + found);
		}
	} while (token != JSON_TOKEN_END && token != JSON_TOKEN_BAD && lexer.start < offset);
	return found;
}

/* The scan has accepted the text: jansson can stumble over three things only. */
static bool refused_by_jansson(const char *name, const char *text, size_t len,
			       const json_error_t *error, struct err *err)
{
	size_t offset = error->position > 0 ? (size_t)error->position : 0;
	char key[JSON_LIMIT_KEY + 3], what[JSON_LIMIT_KEY + 64];

	switch (json_error_code(error)) {
	case json_error_duplicate_key:
		offset = string_before(text, len, offset, key, sizeof(key));
		snprintf(what, sizeof(what), "field %s appears twice in this object", key);
		return at_offset(name, text, len, offset, err, what);
	case json_error_numeric_overflow:
		return at_offset(name, text, len, offset, err, "number out of range");
	default:
		/* Lack of memory shows as many codes, some of syntax. */
		return err_set(err, ERR_HOST_RES, "%s: no memory for its %zu bytes of JSON", name,
			       len);
	}
}

bool json_text_parse(const char *name, const char *text, size_t len, json_t **root, struct err *err)
{
	struct json_problem problem;
	json_error_t error;

	*root = NULL;
	if (len > JSON_LIMIT_BYTES)
		return err_at(err, ERR_INPUT, name, 0, 0, NULL, "JSON larger than %u bytes",
			      JSON_LIMIT_BYTES);
	if (!json_scan(text, len, &problem))
		return at_offset(name, text, len, problem.offset, err, problem.what);
	*root = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	return *root || refused_by_jansson(name, text, len, &error, err);
}

static bool no_memory(struct json_doc *doc, const char *name, struct err *err)
{
	json_doc_finish(doc);
	return err_set(err, ERR_HOST_RES, "%s: no memory to read it", name);
}

/* Takes over text. */
static bool parse_owned(struct json_doc *doc, const char *name, char *text, size_t len,
			struct err *err)
{
	*doc = (struct json_doc){.name = strdup(name), .text = text, .len = len};
	if (!doc->name)
		return no_memory(doc, name, err);
	if (json_text_parse(name, text, len, &doc->root, err))
		return true;
	json_doc_finish(doc);
	return false;
}

bool json_doc_parse(struct json_doc *doc, const char *name, const char *text, size_t len,
		    struct err *err)
{
	char *copy;

	*doc = (struct json_doc){0};
	if (len > JSON_LIMIT_BYTES)
		return json_text_parse(name, text, len, &doc->root, err);
	copy = malloc(len + 1);
	if (!copy)
		return no_memory(doc, name, err);
	memcpy(copy, text, len);
	copy[len] = '\0';
	return parse_owned(doc, name, copy, len, err);
}

/* Reads all of fd into *text, one byte more than the limit at most. False: errno. */
static bool read_all(int fd, char **text, size_t *len)
{
	size_t size = 0;
	ssize_t got = 1;

	*text = NULL;
	*len = 0;
	while (got && *len <= JSON_LIMIT_BYTES) {
		if (*len + 1 >= size) {
			char *grown;

			size = size ? size * 2 : 64u << 10;
			grown = realloc(*text, size);
			if (!grown)
				return false;
			*text = grown;
		}
		got = read(fd, *text + *len, size - *len - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		*len += (size_t)got;
	}
	(*text)[*len] = '\0';
	return true;
}

bool json_doc_load(struct json_doc *doc, const char *path, struct err *err)
{
	bool is_stdin = !strcmp(path, "-");
	const char *name = is_stdin ? "<stdin>" : path;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int error = errno;
	char *text;
	size_t len;
	bool ok;

	*doc = (struct json_doc){0};
	if (fd < 0)
		return err_at(err, ERR_HOST_FILE, name, 0, 0, NULL, "cannot open: %s",
			      g_strerror(error));
	ok = read_all(fd, &text, &len);
	error = errno;
	if (!is_stdin)
		close(fd);
	if (ok)
		return parse_owned(doc, name, text, len, err);
	free(text);
	return err_at(err, error == ENOMEM ? ERR_HOST_RES : ERR_HOST_FILE, name, 0, 0, NULL,
		      "cannot read: %s", g_strerror(error));
}

void json_doc_finish(struct json_doc *doc)
{
	json_decref(doc->root);
	free(doc->text);
	free(doc->name);
	*doc = (struct json_doc){0};
}

/*
 * Whether the text at place is still what the tree holds there: after --set or a merge it may not
 * be, and then its line would mislead.
 */
static bool place_is_current(const struct json_doc *doc, json_t *root, const char *path,
			     const struct json_place *place)
{
	json_t *now = json_path_get(root, path), *then;
	bool same;

	if (!place->whole)
		return !now;
	if (json_is_object(now) || json_is_array(now))
		return doc->text[place->value] == (json_is_object(now) ? '{' : '[');
	then =
	    json_loadb(doc->text + place->value, place->end - place->value, JSON_DECODE_ANY, NULL);
	same = now && then && json_equal(now, then);
	json_decref(then);
	return same;
}

/* The document whose text holds what is at path now; doc itself with line 0 if none does. */
static const struct json_doc *locate(const struct json_doc *doc, const char *path, bool key,
				     u64 *line, u64 *col)
{
	*line = *col = 0;
	for (const struct json_doc *d = doc; d; d = d->base) {
		struct json_place place;

		if (!d->text)
			continue;
		json_locate(d->text, d->len, path, &place);
		if (!place_is_current(d, doc->root, path, &place))
			continue;
		json_position(d->text, d->len, key ? place.key : place.value, line, col);
		return d;
	}
	return doc;
}

__attribute__((format(printf, 5, 0))) static bool report(const struct json_doc *doc,
							 const char *path, bool key,
							 struct err *err, const char *fmt,
							 va_list ap)
{
	const struct json_doc *holder = doc;
	char what[2048];
	u64 line = 0, col = 0;

	vsnprintf(what, sizeof(what), fmt, ap);
	/* Messages beyond the last kept one are only counted: spare the walk. */
	if (err && err->count < ERR_MAX)
		holder = locate(doc, path, key, &line, &col);
	return err_at(err, ERR_INPUT, holder->name ? holder->name : "<json>", line, col, path,
		      "%s", what);
}

bool json_doc_error(const struct json_doc *doc, const char *json_path, struct err *err,
		    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(doc, json_path, false, err, fmt, ap);
	va_end(ap);
	return false;
}

bool json_doc_error_key(const struct json_doc *doc, const char *json_path, struct err *err,
			const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(doc, json_path, true, err, fmt, ap);
	va_end(ap);
	return false;
}
