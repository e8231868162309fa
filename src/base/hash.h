/* SPDX-License-Identifier: MIT */
/* Hashes of 64 bits that every machine computes alike. Neither withstands someone who wants collisions. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The state before the first byte. */
#define FNV1A_64_START UINT64_C(14695981039346656037)

/*
 * FNV-1a, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv). Returns the state after these bytes, which
 * is their hash if the state before them was FNV1A_64_START; more bytes can follow. bytes: borrowed;
 * any if size is 0.
 */
uint64_t fnv1a_64(uint64_t state, const void *bytes, size_t size);

/*
 * The finaliser of splitmix64 (S. Vigna, https://prng.di.unimi.it/splitmix64.c: what next() does to
 * its state once it has been incremented; the constants are D. Stafford's Mix13). A bijection in
 * which every bit of the value changes about half of all bits.
 */
uint64_t splitmix64(uint64_t value);

#endif
