/* SPDX-License-Identifier: MIT */
#include "base/address.h"

#include <net/if.h>
#include <stdio.h>

void address_zone(unsigned long scope, char *zone)
{
	char name[IF_NAMESIZE];
	bool has_name = scope != 0 && if_indextoname((unsigned)scope, name);
	snprintf(zone, ADDRESS_ZONE_MAX, "%s", has_name ? name : "");
}
