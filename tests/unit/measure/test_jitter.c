/* SPDX-License-Identifier: MIT */
#include "measure/jitter.h"

#include <math.h>
#include <stddef.h>

#include "../random.h"
#include "../unit.h"

#define RTTS 5

/* RFC 3550 appendix A.8 by hand: scaled += |D| - ((scaled + 8) >> 4), jitter = scaled >> 4. */
static const struct {
	const char *says;
	int64_t rtts_ns[RTTS];
	int64_t jitters_ns[RTTS];
} worked[] = {
	{"constant RTTs have none", {1000, 1000, 1000, 1000, 1000}, {0, 0, 0, 0, 0}},
	{"a first RTT alone has none, however long",
		{900000000, 900000000, 900000000, 900000000, 900000000}, {0, 0, 0, 0, 0}},
	{"a first RTT of 0 counts as well", {0, 1600, 1600, 1600, 1600},
		/* scaled: 1600, 1600 - 100, 1500 - 94, 1406 - 88 */
		{0, 100, 93, 87, 82}},
	{"rising and falling count alike", {0, 1600, 0, 1600, 0},
		/* scaled: 1600, 3100, 4506, 5824 */
		{0, 100, 193, 281, 364}},
	{"falling counts as rising", {1600, 0, 0, 0, 0}, {0, 100, 93, 87, 82}},
	{"a nanosecond is not lost", {0, 1, 2, 3, 4}, {0, 0, 0, 0, 0}},
};

START_TEST(follows_the_formula)
{
	struct jitter jitter;
	jitter_init(&jitter);
	ck_assert_int_eq(jitter_ns(&jitter), 0);
	for (unsigned i = 0; i < RTTS; i++) {
		jitter_record(&jitter, worked[_i].rtts_ns[i]);
		ck_assert_msg(jitter_ns(&jitter) == worked[_i].jitters_ns[i],
			"%s: RTT %u gives %lld", worked[_i].says, i, (long long)jitter_ns(&jitter));
	}
}
END_TEST

START_TEST(even_differences_of_a_nanosecond_add_up)
{
	struct jitter jitter;
	jitter_init(&jitter);
	for (int64_t i = 0; i < 100; i++)
		jitter_record(&jitter, i % 2);
	/* Up to where a decay of one per step begins: (scaled + 8) / 16 = 1. */
	ck_assert_int_eq(jitter.scaled_ns, 8);
}
END_TEST

START_TEST(stays_near_the_real_valued_formula)
{
	struct jitter jitter;
	jitter_init(&jitter);
	uint64_t state = 1;
	double expected = 0;
	int64_t last_ns = -1;
	for (int i = 0; i < 5000; i++) {
		int64_t rtt_ns = random_below(&state, 2000000000);
		if (last_ns >= 0)
			expected += (fabs((double)(rtt_ns - last_ns)) - expected) / 16;
		last_ns = rtt_ns;
		jitter_record(&jitter, rtt_ns);
		ck_assert_double_le(fabs((double)jitter_ns(&jitter) - expected), 2);
	}
}
END_TEST

START_TEST(a_calm_link_comes_to_rest)
{
	struct jitter jitter;
	jitter_init(&jitter);
	jitter_record(&jitter, 0);
	jitter_record(&jitter, INT64_C(86400000000000));
	for (int i = 0; i < 1000; i++)
		jitter_record(&jitter, INT64_C(86400000000000));
	ck_assert_int_eq(jitter_ns(&jitter), 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("jitter");
	tcase_add_loop_test(tcase, follows_the_formula, 0, ROWS(worked));
	tcase_add_test(tcase, even_differences_of_a_nanosecond_add_up);
	tcase_add_test(tcase, stays_near_the_real_valued_formula);
	tcase_add_test(tcase, a_calm_link_comes_to_rest);
	return unit_run("measure/jitter", tcase);
}
