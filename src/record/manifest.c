/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * manifest.json: what a result was made from, so that it can be made again: versions, the seed,
 * the inputs with their hashes and every value as it was after defaults and --set. Nothing of the
 * host and no time of day: the same run writes the same bytes anywhere.
 */
#include "base/hash.h"
#include "record/recorder.h"

static bool write_input(const struct run_input *input, struct jsonw *w, struct err *err)
{
	char hex[65];
	const char *sha256 = input->sha256;

	if (!sha256) {
		if (!hash_file_sha256(input->path, hex, err))
			return false;
		sha256 = hex;
	}
	jsonw_object(w, NULL);
	jsonw_string(w, "role", input->role);
	jsonw_string(w, "path", input->path);
	jsonw_string(w, "sha256", sha256);
	jsonw_end(w);
	return true;
}

bool manifest_write(const struct recorder *rec, const struct run_info *info, FILE *out,
		    struct err *err)
{
	bool ok = true;
	struct jsonw w;

	jsonw_begin(&w, out, false);
	jsonw_object(&w, NULL);
	jsonw_string(&w, "format", "manifest/1");
	jsonw_string(&w, "mempress", MEMPRESS_VERSION);
	jsonw_string(&w, "profile", rec->mm->profile->name);
	jsonw_u64(&w, "seed", info->seed);
	jsonw_bool(&w, "interrupted", info->interrupted);
	jsonw_array(&w, "inputs");
	for (u32 i = 0; i < info->nr_inputs; i++)
		ok = write_input(&info->inputs[i], &w, err) && ok;
	jsonw_end(&w);
	jsonw_object(&w, "recording");
	jsonw_u64(&w, "sample_interval_ns", rec->opt.sample_interval_ns);
	jsonw_u64(&w, "max_samples", rec->samples.cap);
	jsonw_u64(&w, "max_events", rec->events.cap);
	jsonw_end(&w);
	if (info->effective)
		jsonw_value(&w, "effective", info->effective);
	jsonw_end(&w);
	jsonw_finish(&w);
	return ok;
}
