/* SPDX-License-Identifier: MIT */
#include "base/packet_mark.h"

bool packet_mark_is_possible(void)
{
	return true;
}
