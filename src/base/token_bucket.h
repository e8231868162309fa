/* SPDX-License-Identifier: MIT */
/* A bound on how often something may happen: so many a second, and so many at once. Pure: time is passed in. */
#ifndef BASE_TOKEN_BUCKET_H
#define BASE_TOKEN_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

/* Stored by the caller. */
struct token_bucket {
	int64_t token_ns; /* The time that a token takes to come. */
	int64_t full_ns;  /* That of as many as the bucket holds. */
	int64_t empty_ns; /* When it was empty, or would have been. */
};

/* Full at first. a_second: 1 to 10^9. burst: how many it holds, 1 or more. */
void token_bucket_init(
	struct token_bucket *bucket, unsigned a_second, unsigned burst, int64_t now_ns);

/* Takes a token; returns false if there is none. now_ns may fall, which brings no tokens. */
bool token_bucket_take(struct token_bucket *bucket, int64_t now_ns);

/* Gives one back that was not needed. */
void token_bucket_give(struct token_bucket *bucket);

#endif
