/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a JSON path to the place in the text. A tree from jansson has no positions, so the text is
 * walked again, only when there is an error to report. Containers off the path are skipped token
 * by token; nothing recurses.
 */
#include "base/json_path.h"
#include "base/json_scan.h"

/* The lexer has just returned the first token of a value: moves behind the value. */
static bool skip_value(struct json_lexer *lexer, enum json_token token)
{
	size_t depth = 0;

	for (;; token = json_lexer_next(lexer)) {
		if (token == JSON_TOKEN_BAD || token == JSON_TOKEN_END)
			return false;
		if (token == JSON_TOKEN_OBJECT || token == JSON_TOKEN_ARRAY)
			depth++;
		if (token == JSON_TOKEN_OBJECT_END || token == JSON_TOKEN_ARRAY_END) {
			if (!depth--)
				return false;
		}
		if (!depth)
			return true;
	}
}

/* Inside an object: moves to the value of the member, with its first token in *token. */
static bool enter_member(struct json_lexer *lexer, const struct json_step *step,
			 enum json_token *token, size_t *key)
{
	for (;;) {
		bool same;

		if (json_lexer_next(lexer) != JSON_TOKEN_STRING)
			return false;
		*key = lexer->start;
		same =
		    json_token_equals(lexer->text, lexer->start, lexer->end, step->key, step->len);
		if (json_lexer_next(lexer) != JSON_TOKEN_COLON)
			return false;
		*token = json_lexer_next(lexer);
		if (same)
			return true;
		if (!skip_value(lexer, *token) || json_lexer_next(lexer) != JSON_TOKEN_COMMA)
			return false;
	}
}

static bool enter_element(struct json_lexer *lexer, const struct json_step *step,
			  enum json_token *token, size_t *key)
{
	for (u32 i = 0;; i++) {
		*token = json_lexer_next(lexer);
		*key = lexer->start;
		if (i == step->index)
			return *token != JSON_TOKEN_ARRAY_END;
		if (!skip_value(lexer, *token) || json_lexer_next(lexer) != JSON_TOKEN_COMMA)
			return false;
	}
}

void json_locate(const char *text, size_t len, const char *path, struct json_place *place)
{
	struct json_lexer lexer = {.text = text, .len = len};
	enum json_token token = json_lexer_next(&lexer);
	size_t key = lexer.start;
	const char *problem;
	bool first = true;

	for (;;) {
		struct json_step step;
		bool inside;
		int more;

		*place = (struct json_place){.key = key, .value = lexer.start, .end = lexer.end};
		more = json_path_next(&path, first, &step, &problem);
		if (more <= 0) {
			place->whole = more == 0 && !*path;
			return;
		}
		if (token != (step.is_index ? JSON_TOKEN_ARRAY : JSON_TOKEN_OBJECT))
			return;
		inside = step.is_index ? enter_element(&lexer, &step, &token, &key)
				       : enter_member(&lexer, &step, &token, &key);
		if (!inside)
			return;
		first = false;
	}
}
