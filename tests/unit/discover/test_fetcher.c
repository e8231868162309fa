/* SPDX-License-Identifier: MIT */
#include "discover/fetcher.h"

#include "../unit.h"
#include "base/clock.h"

static const struct {
	const char *says;
	int refresh_s;
	int64_t valid_ns;
	unsigned failures;
	int pause_s;
} rows[] = {
	{"an answer without a time to live", 60, 0, 0, 60},
	{"an answer that holds", 60, 300 * NS_PER_S, 0, 300},
	{"an answer that does not hold at all", 60, 1, 0, 5},
	{"the same, asked often", 1, 1, 0, 1},
	{"the first failure", 60, 0, 1, 5},
	{"the second", 60, 0, 2, 10},
	{"the fourth", 60, 0, 4, 40},
	{"the fifth, and no more", 60, 0, 5, 60},
	{"the millionth", 60, 0, 1000000, 60},
	{"a failure where one asks often", 1, 0, 1, 1},
	{"a failure where one asks every day", 86400, 0, 3, 20},
};

START_TEST(pauses_before_asking_again)
{
	int64_t pause_ns = fetcher_pause_ns(
		rows[_i].refresh_s * NS_PER_S, rows[_i].valid_ns, rows[_i].failures);
	ck_assert_msg(pause_ns == rows[_i].pause_s * NS_PER_S, "%s: %lld", rows[_i].says,
		(long long)pause_ns);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("fetcher");
	tcase_add_loop_test(tcase, pauses_before_asking_again, 0, sizeof(rows) / sizeof(rows[0]));
	return unit_run("discover/fetcher", tcase);
}
