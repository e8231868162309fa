/* SPDX-License-Identifier: MIT */
#include "base/address.h"

#include <stdio.h>

void address_zone(unsigned long scope, char *zone)
{
	/* Windows writes zones as numbers. */
	zone[0] = '\0';
	if (scope != 0)
		snprintf(zone, ADDRESS_ZONE_MAX, "%lu", scope);
}
