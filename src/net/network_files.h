/* SPDX-License-Identifier: MIT */
/* Whether the system's configuration of names has changed: its name servers, its hosts file. */
#ifndef NET_NETWORK_FILES_H
#define NET_NETWORK_FILES_H

#include <stdint.h>

#include "base/clock.h"

#define NETWORK_FILES 3

/* How often a thread that must not be held up may look: on Windows it takes a millisecond or two. */
#ifdef _WIN32
#define NETWORK_FILES_PERIOD_NS (5 * NS_PER_S)
#else
#define NETWORK_FILES_PERIOD_NS (200 * NS_PER_MS)
#endif

/* What a file looked like; all zero where it does not exist. Compared as a whole. */
struct network_file {
	uint64_t changed_ns;
	uint64_t size;
	uint64_t number; /* Which file that is: a new one may replace it. */
};

/* Stored by the caller. All zero at first. */
struct network_files {
	struct network_file files[NETWORK_FILES];
};

/*
 * Reads what they look like now. resolv_conf: the path of a file in place
 * of the system's, or NULL; Windows has its name servers elsewhere.
 */
void network_files_read(const char *resolv_conf, struct network_files *files);

#endif
