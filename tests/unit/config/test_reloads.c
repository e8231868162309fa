/* SPDX-License-Identifier: MIT */
#include "config/reloads.h"

#include "../unit.h"

static struct wall_time at(int64_t seconds)
{
	return (struct wall_time){seconds * NS_PER_S};
}

static const struct {
	const char *says;
	/* "T" and "W" are successes of targets and web configuration, small letters failures. */
	const char *events;
	bool is_successful;
	int64_t success_s; /* The start is at 100, each event a second later. */
} rows[] = {
	{"a start", "", true, 100},
	{"a success", "T", true, 101},
	{"a failure", "t", false, 100},
	{"mended", "ttT", true, 103},
	{"failed again", "Tt", false, 101},
	{"another source", "tW", false, 100},
	{"both mended", "twWT", true, 104},
	{"one is still bad", "twW", false, 100},
};

START_TEST(tells_how_the_last_ones_went)
{
	struct reloads reloads;
	reloads_init(&reloads, at(100));
	for (int i = 0; rows[_i].events[i] != '\0'; i++) {
		char event = rows[_i].events[i];
		bool is_of_targets = event == 'T' || event == 't';
		reloads_note(&reloads, is_of_targets ? RELOAD_OF_TARGETS : RELOAD_OF_WEB_CONFIG,
			event < 'a', at(101 + i));
	}
	ck_assert_msg(
		reloads_are_successful(&reloads) == rows[_i].is_successful, "%s", rows[_i].says);
	ck_assert_int_eq(atomic_load(&reloads.success_ns), rows[_i].success_s * NS_PER_S);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("reloads");
	tcase_add_loop_test(tcase, tells_how_the_last_ones_went, 0, ROWS(rows));
	return unit_run("config/reloads", tcase);
}
