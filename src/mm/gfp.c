/* SPDX-License-Identifier: GPL-2.0-only */
/* GFP flags as text, by the names of a profile's kernel. */
#include "mm/gfp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm/profile.h"

static const struct gfp_name *find_name(const struct gfp_name *table, const char *s, size_t len)
{
	for (; table->name; table++)
		if (!strncmp(table->name, s, len) && !table->name[len])
			return table;
	return NULL;
}

static bool parse_word(const struct mm_profile *profile, const char *s, size_t len, gfp_t *gfp)
{
	const struct gfp_name *name;
	char number[24], *end;
	unsigned long long value;

	if (len == 4 && !strncmp(s, "none", 4))
		return true;
	name = find_name(profile->gfp_composites, s, len);
	if (!name)
		name = find_name(profile->gfp_order, s, len);
	if (name) {
		*gfp |= name->mask;
		return true;
	}
	if (len < 3 || len >= sizeof(number) || s[0] != '0' || s[1] != 'x')
		return false;
	memcpy(number, s, len);
	number[len] = '\0';
	value = strtoull(number + 2, &end, 16);
	if (*end || value > UINT32_MAX)
		return false;
	*gfp |= (gfp_t)value;
	return true;
}

/* The two bits of mobility are a migratetype of three; both would be none of them.
   include/linux/gfp.h:gfp_migratetype warns of it */
static bool one_mobility(gfp_t gfp, const char *text, const char **bad)
{
	*bad = text;
	return !(gfp & __GFP_MOVABLE) || !(gfp & __GFP_RECLAIMABLE);
}

bool gfp_parse(const struct mm_profile *profile, const char *text, gfp_t *gfp, const char **bad)
{
	const char *s = text;

	*gfp = 0;
	*bad = text;
	for (;;) {
		size_t len, skip;

		s += strspn(s, " ");
		len = strcspn(s, "| ");
		*bad = s;
		if (!len || !parse_word(profile, s, len, gfp))
			return false;
		s += len;
		skip = strspn(s, " ");
		s += skip;
		if (!*s)
			return one_mobility(*gfp, text, bad);
		if (*s++ != '|') {
			*bad = s - 1;
			return false;
		}
	}
}

char *gfp_format(const struct mm_profile *profile, gfp_t gfp, char *buf, size_t len)
{
	size_t used = 0;
	const struct gfp_name *name;

	snprintf(buf, len, "none");
	for (name = profile->gfp_order; name->name && gfp; name++) {
		if ((gfp & name->mask) != name->mask)
			continue;
		gfp &= ~name->mask;
		used += (size_t)snprintf(buf + used, used < len ? len - used : 0, "%s%s",
					 used ? "|" : "", name->name);
		if (used >= len)
			return buf;
	}
	if (gfp)
		snprintf(buf + used, len - used, "%s0x%x", used ? "|" : "", gfp);
	return buf;
}
