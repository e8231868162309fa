/* SPDX-License-Identifier: MIT */
/* 64-bit numbers as little-endian bytes, wherever they lie: one move on most machines. */
#ifndef BASE_LE64_H
#define BASE_LE64_H

#include <stdint.h>
#include <string.h>

/* The number whose bytes in memory are the little-endian ones of value; its own inverse. */
static inline uint64_t le64_swap(uint64_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return __builtin_bswap64(value);
#else
	return value;
#endif
}

/* Writes value to 8 bytes. */
static inline void le64_put(unsigned char *bytes, uint64_t value)
{
	value = le64_swap(value);
	memcpy(bytes, &value, sizeof(value));
}

/* Reads 8 bytes. */
static inline uint64_t le64_get(const unsigned char *bytes)
{
	uint64_t value;
	memcpy(&value, bytes, sizeof(value));
	return le64_swap(value);
}

#endif
