/* SPDX-License-Identifier: MIT */
/* What is in effect, at /config: the targets with all their options. Pure. */
#ifndef SCRAPE_CONFIG_PAGE_H
#define SCRAPE_CONFIG_PAGE_H

#include "base/buffer.h"
#include "config/target_list.h"

/*
 * Appends the targets as JSON: a targets file that probes them in just this way. Returns 0, or -ENOMEM: the
 * buffer's contents are then useless.
 */
int config_page_write(const struct target_list *targets, struct buffer *buffer);

#endif
