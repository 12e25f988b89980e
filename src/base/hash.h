/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/err.h"

/* SHA-256 of a file's bytes in lower-case hex, NUL-terminated. ERR_HOST_FILE if it fails. */
bool hash_file_sha256(const char *path, char hex[65], struct err *err);

void hash_sha256(const void *data, size_t len, char hex[65]);
