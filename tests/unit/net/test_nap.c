/* SPDX-License-Identifier: MIT */
#include "net/nap.h"

#include "../unit.h"
#include "base/clock.h"
#include "base/thread.h"

static const int64_t rests_ns[] = {-NS_PER_S, 0, 1, 100 * NS_PER_US, 3 * NS_PER_MS, 30 * NS_PER_MS};

START_TEST(a_nap_ends_at_its_deadline_and_not_before)
{
	struct waker waker;
	ck_assert_int_eq(waker_open(&waker), 0);
	int64_t now_ns = clock_monotonic_ns();
	nap_until(&waker, -1, now_ns + rests_ns[_i], now_ns);
	ck_assert_int_ge(clock_monotonic_ns() - now_ns, rests_ns[_i]);
	waker_close(&waker);
}
END_TEST

static void *wake(void *context)
{
	waker_wake(context);
	return NULL;
}

START_TEST(whoever_is_woken_naps_no_longer)
{
	struct waker waker;
	pthread_t other;
	ck_assert_int_eq(waker_open(&waker), 0);
	int64_t now_ns = clock_monotonic_ns();
	ck_assert_int_eq(thread_start(&other, "other", wake, &waker), 0);
	/* For ever, but for that. */
	nap_until(&waker, -1, INT64_MAX, now_ns);
	/* The wake-up is still there, for the event loop. */
	nap_until(&waker, -1, INT64_MAX, now_ns);
	waker_drain(&waker);
	now_ns = clock_monotonic_ns();
	nap_until(&waker, -1, now_ns + 3 * NS_PER_MS, now_ns);
	ck_assert_int_ge(clock_monotonic_ns() - now_ns, 3 * NS_PER_MS);
	pthread_join(other, NULL);
	waker_close(&waker);
}
END_TEST

START_TEST(the_other_is_told_from_a_wake_up)
{
	struct waker waker, other;
	ck_assert_int_eq(waker_open(&waker), 0);
	ck_assert_int_eq(waker_open(&other), 0);
	int64_t now_ns = clock_monotonic_ns();
	ck_assert(!nap_until(&waker, other.read_fd, now_ns + NS_PER_MS, now_ns));
	waker_wake(&waker);
	ck_assert(!nap_until(&waker, other.read_fd, INT64_MAX, now_ns));
	waker_wake(&other);
	/* Both; and even if it is late already. */
	ck_assert(nap_until(&waker, other.read_fd, INT64_MAX, now_ns));
	ck_assert(nap_until(&waker, other.read_fd, now_ns - 1, now_ns));
	waker_drain(&waker);
	ck_assert(nap_until(&waker, other.read_fd, INT64_MAX, now_ns));
	waker_close(&waker);
	waker_close(&other);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("nap");
	tcase_add_loop_test(tcase, a_nap_ends_at_its_deadline_and_not_before, 0, ROWS(rests_ns));
	tcase_add_test(tcase, whoever_is_woken_naps_no_longer);
	tcase_add_test(tcase, the_other_is_told_from_a_wake_up);
	return unit_run("net/nap", tcase);
}
