/* SPDX-License-Identifier: MIT */
/* Compression of answers. */
#ifndef SCRAPE_GZIP_H
#define SCRAPE_GZIP_H

#include <stddef.h>

#include "base/buffer.h"

/*
 * Appends text to out, compressed as in RFC 1952, at the fastest level: expositions repeat
 * themselves so much that it leaves a ninth of them, in a quarter of the default level's time.
 * Returns 0 or -ENOMEM.
 */
int gzip_compress(const char *text, size_t length, struct buffer *out);

/* What does it, with its version: "libdeflate 1.14" or "zlib 1.2.13". Static. */
const char *gzip_library(void);

#endif
