/* SPDX-License-Identifier: GPL-2.0-only */
/* SHA-256 for manifests, by GLib's GChecksum. */
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

static void take_hex(GChecksum *sum, char hex[65])
{
	memcpy(hex, g_checksum_get_string(sum), 64);
	hex[64] = '\0';
	g_checksum_free(sum);
}

void hash_sha256(const void *data, size_t len, char hex[65])
{
	GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
	const u8 *bytes = data;

	while (len) {
		size_t n = len < (1u << 30) ? len : 1u << 30;

		g_checksum_update(sum, bytes, (gssize)n);
		bytes += n;
		len -= n;
	}
	take_hex(sum, hex);
}

bool hash_file_sha256(const char *path, char hex[65], struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	GChecksum *sum;
	ssize_t got;

	if (fd < 0)
		return err_at(err, ERR_HOST_FILE, path, 0, 0, NULL, "cannot open: %s",
			      g_strerror(errno));
	sum = g_checksum_new(G_CHECKSUM_SHA256);
	do {
		u8 buf[16384];

		got = read(fd, buf, sizeof(buf));
		if (got > 0)
			g_checksum_update(sum, buf, got);
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (got < 0)
		err_at(err, ERR_HOST_FILE, path, 0, 0, NULL, "cannot read: %s", g_strerror(errno));
	close(fd);
	take_hex(sum, hex);
	return got == 0;
}
