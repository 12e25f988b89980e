/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * --set path=value: edits the tree of a document before its fields are read, so that a value from
 * the command line is checked by the same table as one from the file.
 */
#include <glib.h>
#include <string.h>

#include "base/field.h"
#include "base/json_path.h"
#include "base/json_scan.h"
#include "base/safe_text.h"

#define SET_NAME "--set"

/* what NULL: the host has no memory. */
static bool refuse(struct err *err, const char *assignment, const char *what)
{
	char shown[128];

	if (!what)
		return err_set(err, ERR_HOST_RES, SET_NAME ": no memory");
	return err_at(err, ERR_USAGE, SET_NAME, 0, 0, NULL, "%s: %s",
		      safe_text(assignment, shown, sizeof(shown)), what);
}

/*
 * Text that begins like JSON's structures must be JSON; other text that is no JSON is a word
 * ("linux-6.1", "10ms").
 */
static json_t *parse_value(const char *assignment, const char *text, struct err *err)
{
	size_t len = strlen(text);
	struct json_problem problem;
	json_t *value = NULL;

	if (!len) {
		refuse(err, assignment, "no value behind '=' (\"\" is the empty string)");
	} else if (len <= JSON_LIMIT_BYTES && json_scan(text, len, &problem)) {
		json_text_parse(SET_NAME, text, len, &value, err);
	} else if (strchr("{[\"", text[0])) {
		json_text_parse(SET_NAME, text, len, &value, err);
	} else if (len > JSON_LIMIT_STRING) {
		refuse(err, assignment, "word longer than 65536 bytes");
	} else {
		value = json_string(text);
		if (!value)
			refuse(err, assignment, NULL);
	}
	return value;
}

/* The child that step names, borrowed; an object is created if a member is missing. */
static json_t *enter(json_t *parent, const struct json_step *step, const char **problem)
{
	json_t *child;

	if (step->is_index) {
		child = json_array_get(parent, step->index);
		if (!child)
			*problem = json_is_array(parent) ? "the array has no such entry"
							 : "[...] used on what is not an array";
		return child;
	}
	if (!json_is_object(parent)) {
		*problem = "a field of what is not an object";
		return NULL;
	}
	child = json_object_get(parent, step->key);
	if (child)
		return child;
	*problem = NULL;
	child = json_object();
	if (json_object_set_new(parent, step->key, child))
		return NULL;
	return child;
}

/* Takes over value. */
static bool store(json_t *parent, const struct json_step *step, json_t *value, const char **problem)
{
	if (step->is_index) {
		*problem = json_is_array(parent) ? "the array has no such entry"
						 : "[...] used on what is not an array";
		return !json_array_set_new(parent, step->index, value);
	}
	*problem = json_is_object(parent) ? NULL : "a field of what is not an object";
	return !json_object_set_new(parent, step->key, value);
}

/* Checks the path and counts its steps, so that a bad one changes nothing. */
static bool check_path(const char *assignment, const char **equals, struct err *err)
{
	const char *path = assignment, *problem = NULL;
	struct json_step step;
	unsigned int steps = 0;
	int more;

	while ((more = json_path_next(&path, steps == 0, &step, &problem)) > 0) {
		if (++steps > JSON_LIMIT_DEPTH)
			return refuse(err, assignment, "path of more than 64 steps");
	}
	if (more < 0)
		return refuse(err, assignment, problem);
	if (!steps || *path != '=')
		return refuse(err, assignment, "expected PATH=VALUE, as in machine.cpus=4");
	*equals = path;
	return true;
}

bool json_set_path(json_t *root, const char *assignment, struct err *err)
{
	const char *path = assignment, *equals = NULL, *problem = NULL;
	struct json_step step;
	json_t *value;
	bool first = true;

	if (!g_utf8_validate(assignment, -1, NULL))
		return refuse(err, assignment, "not UTF-8");
	if (!check_path(assignment, &equals, err))
		return false;
	value = parse_value(assignment, equals + 1, err);
	if (!value)
		return false;
	for (;;) {
		json_path_next(&path, first, &step, &problem);
		first = false;
		if (path == equals)
			break;
		root = enter(root, &step, &problem);
		if (!root) {
			json_decref(value);
			return refuse(err, assignment, problem);
		}
	}
	return store(root, &step, value, &problem) || refuse(err, assignment, problem);
}
