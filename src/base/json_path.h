/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <jansson.h>

#include "base/types.h"

/*
 * Places in a JSON document: tasks[2].program[0].order. "" is the root. A key with characters
 * other than letters, digits, '_', '-' and '$' is written ["..."], with \" and \\ inside.
 */
#define JSON_PATH_KEY_MAX 256u

struct json_step {
	bool is_index;
	u32 index;
	size_t len;			   /* of key */
	char key[JSON_PATH_KEY_MAX + 1]; /* NUL-terminated */
};

/*
 * Takes the next step from *path, up to the end of the text or a '=' outside quotes.
 * 1: step filled and *path moved on; 0: no step left; -1: malformed, *problem tells (static).
 */
int json_path_next(const char **path, bool first, struct json_step *step, const char **problem);

/*
 * Appends a key or an index to the path of length used in buf (size bytes); returns the new
 * length. What does not fit is left out whole, so the path then names the parent.
 */
size_t json_path_key(char *buf, size_t size, size_t used, const char *key);
size_t json_path_index(char *buf, size_t size, size_t used, u32 index);

/* The value at path in a tree, NULL if there is none. Borrowed. */
json_t *json_path_get(json_t *root, const char *path);

struct json_place {
	bool whole;   /* false: the path leads nowhere, this is its deepest existing parent */
	size_t key;   /* offset of the member's name; of the value, if it is no member */
	size_t value; /* offset of the value */
	size_t end;   /* behind the first token of the value */
};

/* Finds path in a text that json_scan() accepted. O(len), no allocation. */
void json_locate(const char *text, size_t len, const char *path, struct json_place *place);
