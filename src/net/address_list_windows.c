/* SPDX-License-Identifier: MIT */
#include "net/address_list.h"

const char *address_list_error(int failure)
{
	/* Windows' own texts are in its user's language and encoding. */
	switch (failure) {
	case EAI_NONAME:
	case WSANO_DATA:
		return "there is no such host";
	case EAI_AGAIN:
		return "no name server answers";
	case EAI_FAIL:
		return "the name server failed";
	case EAI_MEMORY:
		return "no memory left";
	default:
		return "the system cannot resolve it";
	}
}
