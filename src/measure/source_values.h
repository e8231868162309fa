/* SPDX-License-Identifier: MIT */
/* What is known of a source of targets: see config/target_source.h. */
#ifndef MEASURE_SOURCE_VALUES_H
#define MEASURE_SOURCE_VALUES_H

#include <stdint.h>

struct source_values {
	const char *source; /* As it was written. Borrowed from whoever runs it. */
	uint64_t targets;   /* Those that it gave when it was last read without a failure. */
	uint64_t failures;  /* Of reading it. */
	int64_t success_ns; /* When it was last read without one, since 1970-01-01 UTC; -1 before the first. */
};

#endif
