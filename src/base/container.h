/* SPDX-License-Identifier: MIT */
/* From a member of a struct to that struct. */
#ifndef BASE_CONTAINER_H
#define BASE_CONTAINER_H

#include <stddef.h>

/* member: of a struct, offset bytes from its start (offsetof()). Returns the struct, borrowed. */
static inline void *container_at(void *member, size_t offset)
{
	return (char *)member - offset;
}

#endif
