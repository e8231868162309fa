/* SPDX-License-Identifier: MIT */
/* Prometheus's protobuf format. Pure. */
#ifndef SCRAPE_EXPOSITION_PROTOBUF_H
#define SCRAPE_EXPOSITION_PROTOBUF_H

#include "base/buffer.h"
#include "scrape/exposed.h"

/* As exposition_write() does. */
int exposition_write_protobuf(const struct exposition *exposition, struct buffer *buffer);

#endif
