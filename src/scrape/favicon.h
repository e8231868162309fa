/* SPDX-License-Identifier: MIT */
/* The icon that browsers show: a pulse, 16 by 16 pixels of two colours, in Windows' format for icons. */
#ifndef SCRAPE_FAVICON_H
#define SCRAPE_FAVICON_H

#include "scrape/span.h"

/* Static. */
struct span favicon(void);

#endif
