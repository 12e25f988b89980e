/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <ftw.h>
#include <glib.h>
#include <stdio.h>
#include <sys/stat.h>

/* A fresh folder for a test that writes; folder_remove() takes it with all it holds. */
static inline char *folder_new(void)
{
	char *path = g_dir_make_tmp("mempress-XXXXXX", NULL);

	g_assert_nonnull(path);
	return path;
}

static inline int folder_remove_one(const char *path, const struct stat *st, int type,
				    struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline void folder_remove(char *path)
{
	g_assert_cmpint(nftw(path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS), ==, 0);
	g_free(path);
}

/* Number of entries, hidden ones too. */
static inline unsigned int folder_count(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	unsigned int n = 0;

	g_assert_nonnull(dir);
	while (g_dir_read_name(dir))
		n++;
	g_dir_close(dir);
	return n;
}

static inline void file_holds(const char *path, const char *expect)
{
	char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, expect);
	g_free(text);
}
