/* SPDX-License-Identifier: GPL-2.0-only */
/* The explanation of a difference as text. */
#include <string.h>

#include "verify/verify_internal.h"

static long long num(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

static const char *str(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

static void print_pfns(const json_t *list, size_t most, FILE *out)
{
	size_t n = json_array_size(list);

	for (size_t i = 0; i < n && i < most; i++)
		fprintf(out, " %lld", (long long)json_integer_value(json_array_get(list, i)));
}

static void print_result(const json_t *e, const char *key, FILE *out)
{
	const json_t *r = json_object_get(e, key);

	if (!r)
		return;
	fprintf(out, "  %-9s ", key);
	if (json_is_null(r))
		fputs("a failure\n", out);
	else if (json_is_integer(r))
		fprintf(out, "page frame %lld\n", (long long)json_integer_value(r));
	else {
		fprintf(out, "%zu pages:", json_array_size(r));
		print_pfns(r, 12, out);
		fputs(json_array_size(r) > 12 ? " ...\n" : "\n", out);
	}
}

static void print_operation(const json_t *e, FILE *out)
{
	const json_t *op = json_object_get(e, "operation");
	const json_t *d = json_object_get(e, "difference");

	fprintf(out, "%s (kernel %s, profile %s)\n", str(e, "recording"), str(e, "kernel"),
		str(e, "profile"));
	fprintf(out, "  line %lld, %s operation %lld: %s\n", num(d, "line"),
		json_is_true(json_object_get(d, "in_state")) ? "the state before" : "result of",
		num(d, "operation"), str(d, "what"));
	if (num(d, "state_agreed_before") >= 0)
		fprintf(
		    out,
		    "  agreed last: counters before operation %lld, the full state before %lld\n",
		    num(d, "counters_agreed_before"), num(d, "state_agreed_before"));
	if (!op)
		return;
	fprintf(out, "\n%s %lld, line %lld: %s on CPU %lld",
		json_is_true(json_object_get(d, "in_state")) ? "the operation before it, number"
							     : "operation",
		num(op, "index"), num(op, "line"), str(op, "type"), num(op, "cpu"));
	if (json_object_get(op, "gfp"))
		fprintf(out, ", node %lld, %s, zones up to %s", num(op, "node"), str(op, "gfp"),
			str(op, "highest_zone"));
	if (json_object_get(op, "order"))
		fprintf(out, ", order %lld", num(op, "order"));
	if (json_object_get(op, "wanted"))
		fprintf(out, ", %lld pages wanted", num(op, "wanted"));
	if (json_object_get(op, "pfn"))
		fprintf(out, ", page frame %lld", num(op, "pfn"));
	if (json_object_get(op, "pfns")) {
		fputs(", page frames", out);
		print_pfns(json_object_get(op, "pfns"), 12, out);
	}
	fputc('\n', out);
	print_result(e, "recorded", out);
	print_result(e, "simulated", out);
	if (*str(e, "short_cut"))
		fprintf(out, "  %s\n", str(e, "short_cut"));
}

static void print_page(const json_t *e, const char *key, const char *whose, FILE *out)
{
	const json_t *page = json_object_get(e, key), *block = json_object_get(page, "pageblock");

	if (!page)
		return;
	fprintf(out, "  %s page frame %lld lies %s", whose, num(page, "pfn"), str(page, "is"));
	if (json_object_get(page, "block"))
		fprintf(out, " at %lld, entry %lld of the order-%lld %s list", num(page, "block"),
			num(page, "position"), num(page, "order"), str(page, "type"));
	else if (json_object_get(page, "list"))
		fprintf(out, ": entry %lld of list %lld of CPU %lld", num(page, "position"),
			num(page, "list"), num(page, "cpu"));
	if (block)
		fprintf(out,
			" (%s of node %lld; pageblock at %lld: %s, %lld pages free, %lld movable)",
			str(page, "zone"), num(page, "node"), num(block, "start"),
			str(block, "type"), num(block, "free"), num(block, "movable"));
	fputc('\n', out);
}

static void print_set(const json_t *set, FILE *out)
{
	static const char *const keys[] = {"high_min",	     "high_max",    "alloc_factor",
					   "free_count",     "free_factor", "flags",
					   "diff_free_pages"};

	fprintf(out, "CPU %lld: count %lld, high %lld, batch %lld", num(set, "cpu"),
		num(set, "count"), num(set, "high"), num(set, "batch"));
	for (u32 i = 0; i < ARRAY_SIZE(keys); i++)
		if (json_object_get(set, keys[i]))
			fprintf(out, ", %s %lld", keys[i], num(set, keys[i]));
	fputc('\n', out);
}

static void print_zone(const json_t *zone, FILE *out)
{
	const json_t *marks = json_object_get(zone, "watermarks"), *set, *flags, *list;
	size_t i;

	fprintf(out,
		"  %s of node %lld: %lld of %lld pages free; min %lld, low %lld, high %lld, boost "
		"%lld, lowmem reserve %lld",
		str(zone, "zone"), num(zone, "node"), num(zone, "nr_free_pages"),
		num(zone, "managed"), num(marks, "min"), num(marks, "low"), num(marks, "high"),
		num(zone, "watermark_boost"), num(zone, "lowmem_reserve"));
	if (num(zone, "nr_free_cma"))
		fprintf(out, "; %lld free CMA pages", num(zone, "nr_free_cma"));
	if (num(zone, "nr_reserved_highatomic"))
		fprintf(out, "; high-atomic %lld reserved, %lld free",
			num(zone, "nr_reserved_highatomic"), num(zone, "nr_free_highatomic"));
	flags = json_object_get(zone, "flags");
	json_array_foreach(flags, i, list) fprintf(out, "; %s", json_string_value(list));
	fprintf(out, "; kswapd %s\n",
		json_is_true(json_object_get(zone, "kswapd_waiting")) ? "asleep" : "awake");
	set = json_object_get(zone, "set");
	fputs("    ", out);
	print_set(set, out);
	json_array_foreach(json_object_get(set, "lists"), i, list)
	{
		fprintf(out, "      list %2lld, order %lld: %4lld blocks:", num(list, "list"),
			num(list, "order"), num(list, "blocks"));
		print_pfns(json_object_get(list, "head"), 8, out);
		fprintf(out, "%s %lld\n", num(list, "blocks") > 8 ? " ... last" : "; last",
			num(list, "tail"));
	}
	json_array_foreach(json_object_get(zone, "free_lists"), i, list)
	{
		fprintf(out, "    order %2lld %-11s %5lld blocks:", num(list, "order"),
			str(list, "type"), num(list, "blocks"));
		print_pfns(json_object_get(list, "head"), 8, out);
		fputs(num(list, "blocks") > 8 ? " ...\n" : "\n", out);
	}
}

static void print_after(const json_t *after, FILE *out)
{
	const json_t *zone;
	size_t i;

	json_array_foreach(after, i, zone)
	{
		fprintf(out, "  %s of node %lld: %lld pages free, boost %lld; ", str(zone, "zone"),
			num(zone, "node"), num(zone, "nr_free_pages"),
			num(zone, "watermark_boost"));
		print_set(json_object_get(zone, "set"), out);
	}
}

void verify_explain_print(const json_t *e, FILE *out)
{
	const json_t *item;
	size_t i;

	print_operation(e, out);
	if (json_object_get(e, "recorded_page") || json_object_get(e, "simulated_page"))
		fputs("\nwhere both pages lie before it\n", out);
	print_page(e, "recorded_page", "recorded", out);
	print_page(e, "simulated_page", "simulated", out);
	if (json_object_get(e, "path")) {
		fputs("\nthe way that mempress takes\n", out);
		if (!json_array_size(json_object_get(e, "path")))
			fputs("  nothing is decided: a list at hand takes or gives the page\n",
			      out);
		json_array_foreach(json_object_get(e, "path"), i, item)
		    fprintf(out, "  %2zu. %s\n", i + 1, str(item, "text"));
	}
	fputs("\nthe state before it\n", out);
	json_array_foreach(json_object_get(e, "zones"), i, item) print_zone(item, out);
	if (json_object_get(e, "after")) {
		fputs("\nafter it\n", out);
		print_after(json_object_get(e, "after"), out);
	}
}
