/* SPDX-License-Identifier: MIT */
#include "base/token_bucket.h"

#include "base/clock.h"

void token_bucket_init(
	struct token_bucket *bucket, unsigned a_second, unsigned burst, int64_t now_ns)
{
	int64_t token_ns = NS_PER_S / a_second;
	*bucket = (struct token_bucket){
		.token_ns = token_ns,
		.full_ns = token_ns * burst,
		.empty_ns = now_ns - token_ns * burst,
	};
}

bool token_bucket_take(struct token_bucket *bucket, int64_t now_ns)
{
	if (bucket->empty_ns < now_ns - bucket->full_ns)
		bucket->empty_ns = now_ns - bucket->full_ns;
	if (now_ns - bucket->empty_ns < bucket->token_ns)
		return false;
	bucket->empty_ns += bucket->token_ns;
	return true;
}

void token_bucket_give(struct token_bucket *bucket)
{
	bucket->empty_ns -= bucket->token_ns;
}
