/* SPDX-License-Identifier: MIT */
#include "probe/context.h"

uint32_t probe_context_random(struct probe_context *context)
{
	context->random ^= context->random << 13;
	context->random ^= context->random >> 17;
	context->random ^= context->random << 5;
	return context->random;
}
