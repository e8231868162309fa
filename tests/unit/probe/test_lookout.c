/* SPDX-License-Identifier: MIT */
#include "probe/lookout.h"

#include "../unit.h"
#include "base/clock.h"

#define NOW_NS INT64_C(1000000000000000007)

static const struct {
	const char *says;
	unsigned open;
	int64_t age_ns; /* Of the youngest. */
	int64_t pause_ns;
} looks[] = {
	{"just begun", 1, 0, 100 * NS_PER_US},
	{"so short that an eighth is not worth it", 7, 800 * NS_PER_US - 8, 100 * NS_PER_US},
	{"an eighth", 1, 8 * NS_PER_MS, NS_PER_MS},
	{"an eighth of the maximum", 1, 80 * NS_PER_MS - 8, 10 * NS_PER_MS - 1},
	{"the most", 1, 80 * NS_PER_MS, 10 * NS_PER_MS},
	{"for a long time", 1000, 3600 * NS_PER_S, 10 * NS_PER_MS},
};

START_TEST(looks_away_for_at_most_an_eighth)
{
	const struct lookout lookout = {
		.open = looks[_i].open,
		.latest_ns = NOW_NS - looks[_i].age_ns,
	};
	int64_t pause_ns = lookout_due_ns(&lookout, NOW_NS) - NOW_NS;
	ck_assert_msg(
		pause_ns == looks[_i].pause_ns, "%s: %lld", looks[_i].says, (long long)pause_ns);
}
END_TEST

START_TEST(with_no_handshake_under_way_there_is_nothing_to_look_for)
{
	const struct lookout lookout = {.latest_ns = NOW_NS};
	ck_assert_int_eq(lookout_due_ns(&lookout, NOW_NS), INT64_MAX);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("lookout");
	tcase_add_loop_test(tcase, looks_away_for_at_most_an_eighth, 0, ROWS(looks));
	tcase_add_test(tcase, with_no_handshake_under_way_there_is_nothing_to_look_for);
	return unit_run("probe/lookout", tcase);
}
