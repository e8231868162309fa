/* SPDX-License-Identifier: MIT */
#include "net/address_list.h"

const char *address_list_error(int failure)
{
	return gai_strerror(failure);
}
