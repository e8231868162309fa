/* SPDX-License-Identifier: MIT */
#include "net/address_list.h"

const char *address_list_error(int failure)
{
	/* Windows' own texts are in the user's language and encoding. */
	switch (failure) {
	case EAI_NONAME:
	case WSANO_DATA:
		return "unknown host";
	case EAI_AGAIN:
		return "no answer from a name server";
	case EAI_FAIL:
		return "the name server failed";
	case EAI_MEMORY:
		return "out of memory";
	default:
		return "the system's resolver failed";
	}
}
