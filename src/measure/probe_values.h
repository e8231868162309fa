/* SPDX-License-Identifier: MIT */
/* What is known of the targets that are probed on request, as plain data. */
#ifndef MEASURE_PROBE_VALUES_H
#define MEASURE_PROBE_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "measure/reasons.h"

/* All zero where nothing may be probed on request. */
struct probe_values {
	bool is_on;
	uint64_t targets; /* Now. */
	uint64_t begun;
	uint64_t ended; /* Since nobody asked for them any more. */
	uint64_t refused[PROBE_REFUSALS];
};

#endif
