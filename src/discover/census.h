/* SPDX-License-Identifier: MIT */
/* How many of many targets are up after a start, once that is known of all: one line in place of many. Pure. */
#ifndef DISCOVER_CENSUS_H
#define DISCOVER_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "measure/snapshot.h"

struct census {
	size_t targets;
	size_t up;    /* They answer. */
	size_t tried; /* It is known whether they do. */
};

void census_take(const struct snapshot *snapshot, struct census *census);

#endif
