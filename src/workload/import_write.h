/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <jansson.h>

#include "workload/import_internal.h"

/* Writes a JSON object as a file of the folder, takes over root (NULL: no memory). */
bool import_json_write(struct import *im, const char *name, json_t *root);

/* Text of unknown origin as a JSON string; NULL: no memory. */
json_t *import_text(const char *text);

/* workload.json, which names the trace. */
bool import_workload_write(struct import *im, const char *trace);
/* manifest.json: where the folder comes from, and the statistics. */
bool import_manifest_write(struct import *im);
