/* SPDX-License-Identifier: MIT */
/* A snapshot as Prometheus reads it. Pure, and fast: a target has some 45 samples, 3 KB as text. */
#ifndef SCRAPE_EXPOSITION_H
#define SCRAPE_EXPOSITION_H

#include "base/buffer.h"
#include "scrape/exposed.h"

/* The Content-Type of a format. Static. */
const char *exposition_content_type(enum exposition_format format);

/*
 * Appends the whole exposition: metrics in the order of their table, targets in the snapshot's.
 * Unknown values are left out, and so are metrics without any sample. Returns 0, or -ENOMEM: the
 * buffer's contents are then useless.
 */
int exposition_write(const struct exposition *exposition, struct buffer *buffer);

#endif
