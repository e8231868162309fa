/* SPDX-License-Identifier: MIT */
#include "base/heartbeat.h"

#include "../unit.h"

#define PATIENCE HEARTBEAT_PATIENCE_NS

/* What happens, in order: the thread answers (at_ns 0), or somebody asks. */
struct step {
	int64_t at_ns;
	bool is_alive; /* The answer to the asker. */
};

static const struct {
	const char *says;
	struct step steps[8];
} rows[] = {
	{"nothing was asked yet", {{1, true}}},
	{"it is given time", {{1, true}, {1 + PATIENCE, true}}},
	{"it hangs", {{1, true}, {2 + PATIENCE, false}, {3 + PATIENCE, false}}},
	{"it comes round in time", {{1, true}, {0}, {2 + PATIENCE, true}}},
	{"each question has its own time", {{1, true}, {0}, {PATIENCE, true}, {2 * PATIENCE, true},
						   {1 + 2 * PATIENCE, false}}},
	{"it hung, and runs again", {{1, true}, {2 + PATIENCE, false}, {0}, {3 + PATIENCE, true}}},
	{"asking often does not start the time again",
		{{1, true}, {PATIENCE / 2, true}, {PATIENCE, true}, {2 + PATIENCE, false}}},
	{"it was not asked for long", {{1, true}, {0}, {100 * PATIENCE, true}}},
	{"a second asker's clock was read a little earlier", {{10, true}, {5, true}}},
};

START_TEST(a_thread_hangs_if_it_does_not_answer_in_time)
{
	struct heartbeat heartbeat = {0};
	for (const struct step *step = rows[_i].steps; step->at_ns != 0 || step[1].at_ns != 0;
		step++) {
		if (step->at_ns == 0)
			heartbeat_answer(&heartbeat);
		else
			ck_assert_msg(heartbeat_ask(&heartbeat, step->at_ns) == step->is_alive,
				"%s: step %d", rows[_i].says, (int)(step - rows[_i].steps));
	}
}
END_TEST

START_TEST(a_thread_rests_until_it_rises)
{
	struct heartbeat heartbeat = {0};
	ck_assert_int_eq(heartbeat_rests_until(&heartbeat), 0);
	ck_assert(!heartbeat_rests(&heartbeat, 1));
	heartbeat_rest(&heartbeat, 1, PATIENCE);
	ck_assert_int_eq(heartbeat_rests_until(&heartbeat), PATIENCE);
	ck_assert(heartbeat_rests(&heartbeat, 1));
	ck_assert(heartbeat_rests(&heartbeat, PATIENCE - 1));
	ck_assert(!heartbeat_rests(&heartbeat, PATIENCE));
	heartbeat_rise(&heartbeat);
	ck_assert_int_eq(heartbeat_rests_until(&heartbeat), 0);
	ck_assert(!heartbeat_rests(&heartbeat, 1));
}
END_TEST

START_TEST(a_thread_that_rests_for_long_is_asked)
{
	struct heartbeat heartbeat = {0};
	heartbeat_rest(&heartbeat, 5, INT64_MAX);
	ck_assert(heartbeat_rests(&heartbeat, 4 + HEARTBEAT_REST_NS));
	ck_assert(!heartbeat_rests(&heartbeat, 5 + HEARTBEAT_REST_NS));
	/* Its rest goes on all the same. */
	ck_assert_int_eq(heartbeat_rests_until(&heartbeat), INT64_MAX);
	heartbeat_rest(&heartbeat, 5 + HEARTBEAT_REST_NS, INT64_MAX);
	ck_assert(heartbeat_rests(&heartbeat, 5 + HEARTBEAT_REST_NS));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("heartbeat");
	tcase_add_loop_test(tcase, a_thread_hangs_if_it_does_not_answer_in_time, 0, ROWS(rows));
	tcase_add_test(tcase, a_thread_rests_until_it_rises);
	tcase_add_test(tcase, a_thread_that_rests_for_long_is_asked);
	return unit_run("base/heartbeat", tcase);
}
