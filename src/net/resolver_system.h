/* SPDX-License-Identifier: MIT */
/*
 * Looks names up with getaddrinfo(), which blocks, on threads. A look-up that takes long is no
 * longer counted among those that may be in progress, so that it delays no other.
 */
#ifndef NET_RESOLVER_SYSTEM_H
#define NET_RESOLVER_SYSTEM_H

#include "net/resolver_back_end.h"

/* No configuration: NULL. Threads start when they are needed, and end when they are idle. */
resolver_back_end_start resolver_system_start;

#endif
