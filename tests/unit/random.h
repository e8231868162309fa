/* SPDX-License-Identifier: MIT */
/* Numbers that look random but are the same in each run, so that failures are reproducible. */
#ifndef UNIT_RANDOM_H
#define UNIT_RANDOM_H

#include <stdint.h>

/* Evenly spread 32 bits: xorshift64* (S. Vigna, 2016). *state: any number but 0. */
static inline uint32_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)((*state * UINT64_C(0x2545f4914f6cdd1d)) >> 32);
}

/* From 0 to bound - 1. */
static inline uint32_t random_below(uint64_t *state, uint32_t bound)
{
	return (uint32_t)(((uint64_t)random_next(state) * bound) >> 32);
}

#endif
