/* SPDX-License-Identifier: MIT */
/* From a struct that lies in another one to that other one. */
#ifndef BASE_CONTAINER_H
#define BASE_CONTAINER_H

#include <stddef.h>

/* The struct whose member lies offset bytes (offsetof()) from its beginning. Borrowed, as member. */
static inline void *container_at(void *member, size_t offset)
{
	return (char *)member - offset;
}

#endif
