/* SPDX-License-Identifier: MIT */
/* Configuration trees from text, as the daemon's own parser would build them. For tests. */
#ifndef UNIT_COLLECTD_OCONFIG_TEXT_H
#define UNIT_COLLECTD_OCONFIG_TEXT_H

#include <collectd/liboconfig/oconfig.h>

/*
 * Reads lines: `Key value...`, `<Block value...>` and `</Block>`. Values are "quoted", numbers,
 * true, false, or bare words. Returns a block that contains it all, to be freed with
 * oconfig_text_free(). Fails the test if it cannot read the text.
 */
oconfig_item_t *oconfig_text_parse(const char *text);

void oconfig_text_free(oconfig_item_t *item);

#endif
