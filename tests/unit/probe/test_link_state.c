/* SPDX-License-Identifier: MIT */
#include "probe/link_state.h"

#include "../random.h"
#include "../unit.h"

#define MS INT64_C(1000000)

#define STATES (LINK_RESOLVED + 1)
#define EVENTS (LINK_LOST + 1)

/* Every state and event; an event that means nothing in a state leaves it unchanged. */
static const enum link_state next_states[STATES][EVENTS] = {
	[LINK_WAITING] =
		{
			[LINK_RETRY_DUE] = LINK_RESOLVING,
			[LINK_RESOLVE_FAILED] = LINK_WAITING,
			[LINK_RESOLVED_TO_CONNECT] = LINK_WAITING,
			[LINK_RESOLVED_FOR_PROBES] = LINK_WAITING,
			[LINK_ATTEMPT_FAILED] = LINK_WAITING,
			[LINK_ESTABLISHED] = LINK_CONNECTED,
			[LINK_LOST] = LINK_WAITING,
		},
	[LINK_RESOLVING] =
		{
			[LINK_RETRY_DUE] = LINK_RESOLVING,
			[LINK_RESOLVE_FAILED] = LINK_WAITING,
			[LINK_RESOLVED_TO_CONNECT] = LINK_DIALLING,
			[LINK_RESOLVED_FOR_PROBES] = LINK_RESOLVED,
			[LINK_ATTEMPT_FAILED] = LINK_RESOLVING,
			[LINK_ESTABLISHED] = LINK_CONNECTED,
			[LINK_LOST] = LINK_RESOLVING,
		},
	[LINK_DIALLING] =
		{
			[LINK_RETRY_DUE] = LINK_DIALLING,
			[LINK_RESOLVE_FAILED] = LINK_DIALLING,
			[LINK_RESOLVED_TO_CONNECT] = LINK_DIALLING,
			[LINK_RESOLVED_FOR_PROBES] = LINK_DIALLING,
			[LINK_ATTEMPT_FAILED] = LINK_WAITING,
			[LINK_ESTABLISHED] = LINK_CONNECTED,
			[LINK_LOST] = LINK_DIALLING,
		},
	[LINK_CONNECTED] =
		{
			[LINK_RETRY_DUE] = LINK_CONNECTED,
			[LINK_RESOLVE_FAILED] = LINK_CONNECTED,
			[LINK_RESOLVED_TO_CONNECT] = LINK_CONNECTED,
			[LINK_RESOLVED_FOR_PROBES] = LINK_CONNECTED,
			[LINK_ATTEMPT_FAILED] = LINK_CONNECTED,
			[LINK_ESTABLISHED] = LINK_CONNECTED,
			[LINK_LOST] = LINK_WAITING,
		},
	[LINK_RESOLVED] =
		{
			[LINK_RETRY_DUE] = LINK_RESOLVED,
			[LINK_RESOLVE_FAILED] = LINK_RESOLVED,
			[LINK_RESOLVED_TO_CONNECT] = LINK_RESOLVED,
			[LINK_RESOLVED_FOR_PROBES] = LINK_RESOLVED,
			[LINK_ATTEMPT_FAILED] = LINK_RESOLVED,
			[LINK_ESTABLISHED] = LINK_RESOLVED,
			[LINK_LOST] = LINK_RESOLVED,
		},
};

START_TEST(each_event_in_each_state_leads_where_it_should)
{
	for (int event = 0; event < EVENTS; event++) {
		enum link_state next = link_next_state((enum link_state)_i, (enum link_event)event);
		ck_assert_msg(next == next_states[_i][event], "state %d, event %d: state %d", _i,
			event, (int)next);
	}
}
END_TEST

static const struct {
	const char *says;
	unsigned attempt;
	int64_t most_ns;
} delays[] = {
	{"before any failure, the same as after the first", 0, 500 * MS},
	{"the first", 1, 500 * MS},
	{"the second waits twice as long", 2, 1000 * MS},
	{"the third", 3, 2000 * MS},
	{"the fourth", 4, 4000 * MS},
	{"the fifth is cut to 5 s", 5, 5000 * MS},
	{"as are all that follow", 6, 5000 * MS},
	{"however many", 64, 5000 * MS},
	{"even the last that can be counted", UINT32_MAX, 5000 * MS},
};

START_TEST(the_delay_doubles_up_to_a_limit)
{
	ck_assert_msg(link_retry_delay_ns(delays[_i].attempt, 0) == delays[_i].most_ns, "%s",
		delays[_i].says);
}
END_TEST

START_TEST(the_delay_is_less_by_up_to_a_quarter)
{
	int64_t most_ns = delays[_i].most_ns;
	int64_t least_ns = most_ns - most_ns / 4;
	int64_t seen_least_ns = most_ns;
	uint64_t state = 1;
	for (int i = 0; i < 1000; i++) {
		int64_t delay_ns = link_retry_delay_ns(delays[_i].attempt, random_next(&state));
		ck_assert_msg(delay_ns >= least_ns && delay_ns <= most_ns, "%s", delays[_i].says);
		if (delay_ns < seen_least_ns)
			seen_least_ns = delay_ns;
	}
	/* The whole quarter is used. */
	ck_assert_int_le(seen_least_ns, least_ns + most_ns / 100);
	ck_assert_int_ge(link_retry_delay_ns(delays[_i].attempt, UINT32_MAX), least_ns);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("link_state");
	tcase_add_loop_test(
		tcase, each_event_in_each_state_leads_where_it_should, 0, ROWS(next_states));
	tcase_add_loop_test(tcase, the_delay_doubles_up_to_a_limit, 0, ROWS(delays));
	tcase_add_loop_test(tcase, the_delay_is_less_by_up_to_a_quarter, 0, ROWS(delays));
	return unit_run("probe/link_state", tcase);
}
