/* SPDX-License-Identifier: MIT */
/* Compression of answers. */
#ifndef SCRAPE_GZIP_H
#define SCRAPE_GZIP_H

#include <stddef.h>

#include "base/buffer.h"

/*
 * Appends text, compressed as RFC 1952 says, to out. At the fastest level: expositions repeat
 * themselves so much that a ninth is left, at a quarter of the usual level's time. Returns 0 or
 * -ENOMEM.
 */
int gzip_compress(const char *text, size_t length, struct buffer *out);

#endif
