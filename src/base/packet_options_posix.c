/* SPDX-License-Identifier: MIT */
#include "base/packet_options.h"

#include <netinet/in.h>
#include <sys/socket.h>

bool packet_mark_is_possible(void)
{
	return true;
}

bool packet_interface_is_possible(void)
{
#if defined(SO_BINDTODEVICE) || defined(IP_BOUND_IF)
	return true;
#else
	return false;
#endif
}

bool packet_departures_are_known(void)
{
#ifdef __linux__
	return true;
#else
	return false;
#endif
}
