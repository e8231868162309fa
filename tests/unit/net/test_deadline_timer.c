/* SPDX-License-Identifier: MIT */
#include "net/deadline_timer.h"

#include "../unit.h"
#include "base/clock.h"

struct fixture {
	struct event_base *base;
	struct deadline_timer timer;
};

static void set_up(struct fixture *fixture)
{
	struct event_config *config = event_config_new();
	ck_assert_int_eq(deadline_timer_prepare(config), 0);
	fixture->base = event_base_new_with_config(config);
	event_config_free(config);
	ck_assert_int_eq(deadline_timer_open(&fixture->timer, fixture->base), 0);
}

static void tear_down(struct fixture *fixture)
{
	deadline_timer_close(&fixture->timer);
	event_base_free(fixture->base);
}

/* Waits for events until there was one; returns how long after from_ns. */
static int64_t wait_ns(struct fixture *fixture, int64_t from_ns)
{
	ck_assert_int_ge(event_base_loop(fixture->base, EVLOOP_ONCE), 0);
	return clock_monotonic_ns() - from_ns;
}

static const int64_t rests_ns[] = {-NS_PER_S, 0, 1, 100 * NS_PER_US, 3 * NS_PER_MS, 30 * NS_PER_MS};

START_TEST(a_wait_ends_at_the_deadline_and_never_before)
{
	struct fixture fixture;
	set_up(&fixture);
	/* One after the other: it may be set again. */
	for (int i = 0; i < 3; i++) {
		int64_t now_ns = clock_monotonic_ns();
		deadline_timer_set(&fixture.timer, now_ns + rests_ns[_i], now_ns);
		/* libevent rounds to microseconds. */
		ck_assert_int_ge(wait_ns(&fixture, now_ns), rests_ns[_i] - NS_PER_US);
	}
	tear_down(&fixture);
}
END_TEST

static void on_other(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	*(int *)context += 1;
}

START_TEST(the_last_deadline_counts)
{
	struct fixture fixture;
	int others = 0;
	const struct timeval soon = {.tv_usec = 20000};
	set_up(&fixture);
	int64_t now_ns = clock_monotonic_ns();
	deadline_timer_set(&fixture.timer, now_ns + NS_PER_MS, now_ns);
	deadline_timer_set(&fixture.timer, now_ns + 5 * NS_PER_MS, now_ns);
	ck_assert_int_ge(wait_ns(&fixture, now_ns), 5 * NS_PER_MS - NS_PER_US);
	/* And never is never. */
	now_ns = clock_monotonic_ns();
	deadline_timer_set(&fixture.timer, now_ns + NS_PER_MS, now_ns);
	deadline_timer_set(&fixture.timer, INT64_MAX, now_ns);
	event_base_once(fixture.base, -1, EV_TIMEOUT, on_other, &others, &soon);
	wait_ns(&fixture, now_ns);
	ck_assert_int_eq(others, 1);
	tear_down(&fixture);
}
END_TEST

START_TEST(one_that_was_never_opened_may_be_closed)
{
	struct deadline_timer timer = {0};
	deadline_timer_close(&timer);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("deadline_timer");
	tcase_add_loop_test(tcase, a_wait_ends_at_the_deadline_and_never_before, 0, ROWS(rests_ns));
	tcase_add_test(tcase, the_last_deadline_counts);
	tcase_add_test(tcase, one_that_was_never_opened_may_be_closed);
	return unit_run("net/deadline_timer", tcase);
}
