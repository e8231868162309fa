/* SPDX-License-Identifier: MIT */
/* The text format and OpenMetrics. Pure. */
#ifndef SCRAPE_EXPOSITION_TEXT_H
#define SCRAPE_EXPOSITION_TEXT_H

#include "base/buffer.h"
#include "scrape/exposed.h"

/* As exposition_write() does. */
int exposition_write_text(const struct exposition *exposition, struct buffer *buffer);

#endif
