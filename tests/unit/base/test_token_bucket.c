/* SPDX-License-Identifier: MIT */
#include "base/token_bucket.h"

#include "../unit.h"
#include "base/clock.h"

#define START_NS (100 * NS_PER_S)

/* Ten a second, five at once. */
static const struct {
	const char *says;
	int64_t waits_ns[4]; /* Before each round, in which as many as there are are taken. */
	unsigned taken[4];
} rounds[] = {
	{"it is full at first", {0}, {5, 0, 0, 0}},
	{"one comes each tenth of a second", {0, 100 * NS_PER_MS, 100 * NS_PER_MS, 0},
		{5, 1, 1, 0}},
	{"none comes before", {0, 99 * NS_PER_MS, 1 * NS_PER_MS, 0}, {5, 0, 1, 0}},
	{"fractions add up", {0, 150 * NS_PER_MS, 50 * NS_PER_MS, 0}, {5, 1, 1, 0}},
	{"it holds no more than five", {NS_PER_S, 3600 * NS_PER_S, 0, 0}, {5, 5, 0, 0}},
	{"half of it comes back", {0, 250 * NS_PER_MS, 500 * NS_PER_MS, 0}, {5, 2, 5, 0}},
	{"a clock that falls brings none", {0, -NS_PER_S, NS_PER_S, 100 * NS_PER_MS}, {5, 0, 0, 1}},
};

START_TEST(gives_what_has_come)
{
	struct token_bucket bucket;
	int64_t now_ns = START_NS;
	token_bucket_init(&bucket, 10, 5, now_ns);
	for (int round = 0; round < 4; round++) {
		unsigned taken = 0;
		now_ns += rounds[_i].waits_ns[round];
		while (token_bucket_take(&bucket, now_ns))
			taken++;
		ck_assert_msg(taken == rounds[_i].taken[round], "%s: round %d: %u", rounds[_i].says,
			round, taken);
	}
}
END_TEST

START_TEST(takes_back_what_was_not_needed)
{
	struct token_bucket bucket;
	token_bucket_init(&bucket, 10, 1, START_NS);
	ck_assert(token_bucket_take(&bucket, START_NS));
	token_bucket_give(&bucket);
	ck_assert(token_bucket_take(&bucket, START_NS));
	ck_assert(!token_bucket_take(&bucket, START_NS));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("token_bucket");
	tcase_add_loop_test(tcase, gives_what_has_come, 0, ROWS(rounds));
	tcase_add_test(tcase, takes_back_what_was_not_needed);
	return unit_run("token_bucket", tcase);
}
