/* SPDX-License-Identifier: MIT */
/* Aligned memory, whose functions have other names on Windows. */
#ifndef BASE_ALIGNED_H
#define BASE_ALIGNED_H

#include <stdlib.h>
#ifdef _WIN32
#include <malloc.h>
#endif

/*
 * alignment: in bytes, a power of two that divides size. Returns memory to be released with
 * aligned_free(), not cleared; NULL when out of memory.
 */
static inline void *aligned_new(size_t alignment, size_t size)
{
#ifdef _WIN32
	return _aligned_malloc(size, alignment);
#else
	return aligned_alloc(alignment, size);
#endif
}

/* NULL is accepted. */
static inline void aligned_free(void *memory)
{
#ifdef _WIN32
	_aligned_free(memory);
#else
	free(memory);
#endif
}

#endif
