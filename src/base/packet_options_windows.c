/* SPDX-License-Identifier: MIT */
#include "base/packet_options.h"

bool packet_mark_is_possible(void)
{
	return false;
}

bool packet_interface_is_possible(void)
{
	return false;
}

bool packet_departures_are_known(void)
{
	return false;
}
