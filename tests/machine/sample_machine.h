/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "machine/machine_fields.h"

/* A machine for a test, with the memory it lives in. */
struct sample_machine {
	struct arena arena;
	struct machine machine;
	struct boot_config boot;
	struct err err;
};

/* From the text of a "machine" section; false with the reason in err. */
bool sample_machine_text(struct sample_machine *sample, const char *json);
/* From one of the bundled configs ("pc-4g"), "extends" followed. */
bool sample_machine_config(struct sample_machine *sample, const char *name);
void sample_machine_finish(struct sample_machine *sample);
