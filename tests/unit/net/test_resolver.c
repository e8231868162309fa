/* SPDX-License-Identifier: MIT */
#include "net/resolver.h"

#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "base/clock.h"
#include "net/socket.h"

/* More than a lane can look up at the same time. */
#define MANY 40

/*
 * The system's resolver as these tests need it, in place of the C library's: "slow..." takes until
 * end_slow_look_ups() and is then not found; "name.invalid" is not found, at once. Everything else
 * is looked up as usual.
 */
static atomic_bool is_slow = true;
static atomic_uint slow_look_ups;

/* Waits until some are in progress, or none. */
static void await_slow_look_ups(bool are_wanted)
{
	for (int i = 0; i < 5000 && (atomic_load(&slow_look_ups) > 0) != are_wanted; i++)
		clock_sleep_until(clock_monotonic_ns() + 2 * NS_PER_MS);
	bool are_there = atomic_load(&slow_look_ups) > 0;
	ck_assert_int_eq(are_there, are_wanted);
}

static void end_slow_look_ups(void)
{
	atomic_store(&is_slow, false);
	await_slow_look_ups(false);
}

static int look_up_slowly(void)
{
	atomic_fetch_add(&slow_look_ups, 1);
	for (int i = 0; i < 5000 && atomic_load(&is_slow); i++)
		clock_sleep_until(clock_monotonic_ns() + 2 * NS_PER_MS);
	atomic_fetch_sub(&slow_look_ups, 1);
	return EAI_NONAME;
}

int getaddrinfo(
	const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **found)
{
	bool is_name = !(hints->ai_flags & AI_NUMERICHOST);
	if (is_name && host && strncmp(host, "slow", 4) == 0)
		return look_up_slowly();
	if (is_name && host && strcmp(host, "name.invalid") == 0)
		return EAI_NONAME;
	int (*look_up)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
	memcpy(&look_up, &symbol, sizeof(look_up));
	return look_up(host, port, hints, found);
}

static struct endpoint endpoint_of(const char *text)
{
	struct endpoint endpoint;
	const char *reason;
	ck_assert_int_eq(endpoint_parse(text, ENDPOINT_TO_DIAL, &endpoint, &reason), 0);
	return endpoint;
}

static bool is_loopback(const union address *address, const char *v4, const char *v6)
{
	char text[ADDRESS_TEXT_MAX];
	address_format(&address->any, text);
	return strcmp(text, v4) == 0 || strcmp(text, v6) == 0;
}

struct fixture {
	struct resolver *resolver;
	struct waker waker;
	struct resolver_inbox *inbox;
};

static void set_up(struct fixture *fixture)
{
	atomic_store(&is_slow, true);
	ck_assert_int_eq(resolver_new(&fixture->resolver), 0);
	ck_assert_int_eq(waker_open(&fixture->waker), 0);
	ck_assert_int_eq(resolver_inbox_new(&fixture->waker, &fixture->inbox), 0);
}

static void tear_down(struct fixture *fixture)
{
	resolver_inbox_free(fixture->inbox);
	resolver_free(fixture->resolver);
	waker_close(&fixture->waker);
}

static struct resolver_query *ask(
	struct fixture *fixture, const char *text, enum resolver_lane lane, void *owner)
{
	struct endpoint endpoint = endpoint_of(text);
	struct resolver_query *query = NULL;
	const struct resolver_question question = {
		.endpoint = &endpoint, .family = AF_UNSPEC, .lane = lane, .owner = owner};
	ck_assert_int_eq(resolver_ask(fixture->resolver, fixture->inbox, &question, &query), 0);
	ck_assert_ptr_nonnull(query);
	return query;
}

/* Waits to be woken and takes the answer; NULL if none comes for patience_ms. */
static struct resolver_query *await(struct fixture *fixture, int patience_ms)
{
	struct resolver_query *query;
	struct pollfd woken = {.fd = fixture->waker.read_fd, .events = POLLIN};
	while (!(query = resolver_inbox_take(fixture->inbox))) {
		if (poll(&woken, 1, patience_ms) != 1)
			return NULL;
		waker_drain(&fixture->waker);
	}
	return query;
}

START_TEST(a_name_is_answered_with_its_addresses_and_its_owner)
{
	struct fixture fixture;
	set_up(&fixture);
	static int owner;
	ck_assert_ptr_null(resolver_inbox_take(fixture.inbox));
	struct resolver_query *asked = ask(&fixture, "localhost:4321", RESOLVER_LANE_FRESH, &owner);
	struct resolver_query *query = await(&fixture, 10000);
	ck_assert_ptr_eq(query, asked);
	ck_assert_ptr_eq(query->owner, &owner);
	ck_assert_int_eq(query->failure, 0);
	ck_assert_uint_ge(query->list.count, 1);
	for (size_t i = 0; i < query->list.count; i++)
		ck_assert(is_loopback(&query->list.addresses[i], "127.0.0.1:4321", "[::1]:4321"));
	resolver_query_free(query);
	ck_assert_ptr_null(resolver_inbox_take(fixture.inbox));
	tear_down(&fixture);
}
END_TEST

START_TEST(a_name_that_does_not_resolve_is_answered_too)
{
	struct fixture fixture;
	set_up(&fixture);
	ask(&fixture, "name.invalid:4000", RESOLVER_LANE_FAILED, NULL);
	struct resolver_query *query = await(&fixture, 10000);
	ck_assert_ptr_nonnull(query);
	ck_assert_int_eq(query->failure, EAI_NONAME);
	ck_assert_uint_eq(query->list.count, 0);
	ck_assert_ptr_null(query->list.addresses);
	resolver_query_free(query);
	tear_down(&fixture);
}
END_TEST

START_TEST(many_queries_are_all_answered)
{
	struct fixture fixture;
	set_up(&fixture);
	static int owners[100];
	for (int i = 0; i < ROWS(owners); i++)
		ask(&fixture, i % 2 ? "127.0.0.1:1" : "name.invalid:1",
			(enum resolver_lane)(i % RESOLVER_LANES), &owners[i]);
	for (int i = 0; i < ROWS(owners); i++) {
		struct resolver_query *query = await(&fixture, 10000);
		ck_assert_ptr_nonnull(query);
		int *owner = query->owner;
		ck_assert_int_eq(query->failure == 0, (owner - owners) % 2);
		(*owner)++;
		resolver_query_free(query);
	}
	for (int i = 0; i < ROWS(owners); i++)
		ck_assert_int_eq(owners[i], 1);
	tear_down(&fixture);
}
END_TEST

START_TEST(a_cancelled_query_comes_back_without_an_owner)
{
	struct fixture fixture;
	set_up(&fixture);
	static int owner;
	struct resolver_query *query = ask(&fixture, "slow:1", RESOLVER_LANE_FRESH, &owner);
	query->owner = NULL;
	end_slow_look_ups();
	query = await(&fixture, 10000);
	ck_assert_ptr_nonnull(query);
	ck_assert_ptr_null(query->owner);
	resolver_query_free(query);
	tear_down(&fixture);
}
END_TEST

START_TEST(a_slow_name_holds_up_no_other)
{
	/* Whether the idle thread takes the slow name before the next query is up to chance. */
	for (int round = 0; round < 30; round++) {
		struct fixture fixture;
		set_up(&fixture);
		static int owner;
		/* Makes sure that there is an idle thread. */
		ask(&fixture, "127.0.0.1:1", RESOLVER_LANE_FRESH, NULL);
		resolver_query_free(await(&fixture, 10000));
		clock_sleep_until(clock_monotonic_ns() + 2 * NS_PER_MS);
		ask(&fixture, "slow:1", RESOLVER_LANE_FRESH, NULL);
		ask(&fixture, "127.0.0.1:1", RESOLVER_LANE_FRESH, &owner);
		struct resolver_query *query = await(&fixture, 5000);
		ck_assert_ptr_nonnull(query);
		ck_assert_ptr_eq(query->owner, &owner);
		resolver_query_free(query);
		end_slow_look_ups();
		tear_down(&fixture);
	}
}
END_TEST

START_TEST(names_that_failed_hold_up_only_their_own_lane)
{
	struct fixture fixture;
	set_up(&fixture);
	static int fresh;
	static int failed;
	for (int i = 0; i < MANY; i++)
		ask(&fixture, "slow:1", RESOLVER_LANE_FAILED, NULL);
	ask(&fixture, "127.0.0.1:1", RESOLVER_LANE_FAILED, &failed);
	ask(&fixture, "127.0.0.1:1", RESOLVER_LANE_FRESH, &fresh);
	struct resolver_query *query = await(&fixture, 5000);
	ck_assert_ptr_nonnull(query);
	ck_assert_ptr_eq(query->owner, &fresh);
	resolver_query_free(query);
	end_slow_look_ups();
	bool is_answered = false;
	for (int i = 0; i < MANY + 1; i++) {
		query = await(&fixture, 10000);
		ck_assert_ptr_nonnull(query);
		is_answered |= query->owner == &failed && query->failure == 0;
		resolver_query_free(query);
	}
	ck_assert(is_answered);
	tear_down(&fixture);
}
END_TEST

START_TEST(an_inbox_may_be_freed_before_its_answers_come)
{
	struct fixture fixture;
	set_up(&fixture);
	ask(&fixture, "slow:1", RESOLVER_LANE_FRESH, NULL);
	ask(&fixture, "127.0.0.1:1", RESOLVER_LANE_FAILED, NULL);
	/* One answer has not been taken, the other has not come yet. */
	struct pollfd woken = {.fd = fixture.waker.read_fd, .events = POLLIN};
	ck_assert_int_eq(poll(&woken, 1, 10000), 1);
	resolver_inbox_free(fixture.inbox);
	fixture.inbox = NULL;
	end_slow_look_ups();
	tear_down(&fixture);
}
END_TEST

START_TEST(stopping_waits_for_look_ups_but_not_for_long)
{
	struct fixture fixture;
	set_up(&fixture);
	/* Some have not even begun. */
	for (int i = 0; i < MANY; i++)
		ask(&fixture, "slow:1", RESOLVER_LANE_FRESH, NULL);
	await_slow_look_ups(true);
	int64_t before_ns = clock_monotonic_ns();
	resolver_free(fixture.resolver);
	int64_t took_ns = clock_monotonic_ns() - before_ns;
	ck_assert_int_ge(took_ns, 400 * NS_PER_MS);
	ck_assert_int_lt(took_ns, 5 * NS_PER_S);
	fixture.resolver = NULL;
	resolver_inbox_free(fixture.inbox);
	fixture.inbox = NULL;
	end_slow_look_ups();
	tear_down(&fixture);
}
END_TEST

START_TEST(stopping_does_not_wait_when_nothing_is_in_progress)
{
	int64_t least_ns = INT64_MAX;
	for (int round = 0; round < 5; round++) {
		struct fixture fixture;
		set_up(&fixture);
		ask(&fixture, "127.0.0.1:1", RESOLVER_LANE_FRESH, NULL);
		resolver_query_free(await(&fixture, 10000));
		/* The thread has become idle. */
		clock_sleep_until(clock_monotonic_ns() + 5 * NS_PER_MS);
		int64_t before_ns = clock_monotonic_ns();
		tear_down(&fixture);
		int64_t took_ns = clock_monotonic_ns() - before_ns;
		if (took_ns < least_ns)
			least_ns = took_ns;
	}
	/* Even a busy machine is quick one time in five. */
	ck_assert_int_lt(least_ns, 250 * NS_PER_MS);
}
END_TEST

START_TEST(freeing_nothing_is_fine)
{
	resolver_query_free(NULL);
	resolver_inbox_free(NULL);
	resolver_free(NULL);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("resolver");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_name_is_answered_with_its_addresses_and_its_owner);
	tcase_add_test(tcase, a_name_that_does_not_resolve_is_answered_too);
	tcase_add_test(tcase, many_queries_are_all_answered);
	tcase_add_test(tcase, a_cancelled_query_comes_back_without_an_owner);
	tcase_add_test(tcase, a_slow_name_holds_up_no_other);
	tcase_add_test(tcase, names_that_failed_hold_up_only_their_own_lane);
	tcase_add_test(tcase, an_inbox_may_be_freed_before_its_answers_come);
	tcase_add_test(tcase, stopping_waits_for_look_ups_but_not_for_long);
	tcase_add_test(tcase, stopping_does_not_wait_when_nothing_is_in_progress);
	tcase_add_test(tcase, freeing_nothing_is_fine);
	return unit_run("net/resolver", tcase);
}
