/* SPDX-License-Identifier: MIT */
/* What machines with the same list of targets agree on, and how much of it is this machine's: see discover/mesh.h. */
#ifndef MEASURE_MESH_VALUES_H
#define MEASURE_MESH_VALUES_H

#include <stdint.h>

struct mesh_values {
	uint64_t members;
	uint64_t targets; /* That this machine probes. */
	/*
	 * The same for lists of the same names, or names and groups, in any order; less than 2^53, so
	 * that a double holds it.
	 */
	uint64_t list_hash;
};

#endif
