/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#define FNV_64_PRIME UINT64_C(1099511628211)

uint64_t fnv1a_64(uint64_t state, const void *bytes, size_t size)
{
	const unsigned char *byte = bytes;
	for (size_t i = 0; i < size; i++)
		state = (state ^ byte[i]) * FNV_64_PRIME;
	return state;
}

uint64_t splitmix64(uint64_t value)
{
	value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
	return value ^ (value >> 31);
}
