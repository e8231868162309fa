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

/* More than may be looked up at the same time, unless they take long. */
#define MANY 80

/*
 * The system's resolver as these tests need it, in place of the C library's: "slow..." takes until
 * end_slow_look_ups() and is then not found; "known..." is 192.0.2.1; "blocked" is 0.0.0.0; "lost"
 * fails; "name.invalid" is not found. Everything else is looked up as usual.
 */
static atomic_bool is_slow = true;
static atomic_uint slow_look_ups;
static atomic_uint look_ups;

/* Waits until some are in progress, or none. */
static void await_slow_look_ups(unsigned least)
{
	while (atomic_load(&slow_look_ups) < least)
		clock_sleep_until(clock_monotonic_ns() + 2 * NS_PER_MS);
}

static void end_slow_look_ups(void)
{
	atomic_store(&is_slow, false);
	while (atomic_load(&slow_look_ups) > 0)
		clock_sleep_until(clock_monotonic_ns() + 2 * NS_PER_MS);
}

static int look_up_slowly(void)
{
	atomic_fetch_add(&slow_look_ups, 1);
	while (atomic_load(&is_slow))
		clock_sleep_until(clock_monotonic_ns() + 2 * NS_PER_MS);
	atomic_fetch_sub(&slow_look_ups, 1);
	return EAI_NONAME;
}

static int look_up_as_usual(
	const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **found)
{
	int (*look_up)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
	memcpy(&look_up, &symbol, sizeof(look_up));
	return look_up(host, port, hints, found);
}

int getaddrinfo(
	const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **found)
{
	if (!host || hints->ai_flags & AI_NUMERICHOST)
		return look_up_as_usual(host, port, hints, found);
	atomic_fetch_add(&look_ups, 1);
	if (strncmp(host, "slow", 4) == 0)
		return look_up_slowly();
	if (strcmp(host, "name.invalid") == 0)
		return EAI_NONAME;
	if (strcmp(host, "lost") == 0)
		return EAI_AGAIN;
	if (strncmp(host, "known", 5) == 0)
		host = "192.0.2.1";
	if (strcmp(host, "blocked") == 0)
		host = "0.0.0.0";
	return look_up_as_usual(host, port, hints, found);
}

static struct endpoint endpoint_of(const char *text)
{
	struct endpoint endpoint;
	const char *reason;
	ck_assert_int_eq(endpoint_parse(text, ENDPOINT_TO_DIAL, &endpoint, &reason), 0);
	return endpoint;
}

struct fixture {
	struct resolver *resolver;
	struct waker waker;
	struct resolver_inbox *inbox;
};

static void set_up(struct fixture *fixture)
{
	atomic_store(&is_slow, true);
	ck_assert_int_eq(resolver_new(RESOLVER_SYSTEM, &fixture->resolver), 0);
	ck_assert_int_eq(waker_open(&fixture->waker), 0);
	ck_assert_int_eq(resolver_inbox_new(&fixture->waker, &fixture->inbox), 0);
}

static void tear_down(struct fixture *fixture)
{
	resolver_inbox_free(fixture->inbox);
	resolver_free(fixture->resolver);
	waker_close(&fixture->waker);
}

static struct resolver_query *ask_within(
	struct fixture *fixture, const char *text, int64_t max_age_ns, void *owner)
{
	struct endpoint endpoint = endpoint_of(text);
	struct resolver_query *query = NULL;
	const struct resolver_question question = {
		.endpoint = &endpoint,
		.family = AF_UNSPEC,
		.max_age_ns = max_age_ns,
		.owner = owner,
	};
	ck_assert_int_eq(resolver_ask(fixture->resolver, fixture->inbox, &question, &query), 0);
	ck_assert_ptr_nonnull(query);
	return query;
}

static struct resolver_query *ask(struct fixture *fixture, const char *text, void *owner)
{
	return ask_within(fixture, text, INT64_MAX, owner);
}

/* Waits to be woken and takes the answer; NULL if none comes. */
static struct resolver_query *await(struct fixture *fixture)
{
	struct resolver_query *query;
	struct pollfd woken = {.fd = fixture->waker.read_fd, .events = POLLIN};
	while (!(query = resolver_inbox_take(fixture->inbox))) {
		if (poll(&woken, 1, UNIT_PATIENCE_MS) != 1)
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
	struct resolver_query *asked = ask(&fixture, "known:4321", &owner);
	struct resolver_query *query = await(&fixture);
	ck_assert_ptr_eq(query, asked);
	ck_assert_ptr_eq(query->owner, &owner);
	ck_assert_int_eq(query->result, RESOLVER_FOUND);
	ck_assert_ptr_null(query->reason);
	ck_assert_uint_eq(query->list.count, 1);
	char text[ADDRESS_TEXT_MAX];
	address_format(&query->list.addresses[0].any, text);
	ck_assert_str_eq(text, "192.0.2.1:4321");
	ck_assert_int_eq(query->valid_ns, 30 * NS_PER_S);
	resolver_query_free(query);
	ck_assert_ptr_null(resolver_inbox_take(fixture.inbox));
	tear_down(&fixture);
}
END_TEST

static const struct {
	const char *says;
	const char *address;
	enum resolver_result result;
	const char *word; /* Of the reason; NULL for any. */
} failures[] = {
	{"there is no such name", "name.invalid:1", RESOLVER_NOT_FOUND, NULL},
	{"no word from a name server", "lost:1", RESOLVER_FAILED, NULL},
	{"no address that a host can have", "blocked:1", RESOLVER_NOT_FOUND, "0.0.0.0"},
};

START_TEST(a_name_that_does_not_resolve_is_answered_too)
{
	struct fixture fixture;
	set_up(&fixture);
	ask(&fixture, failures[_i].address, NULL);
	struct resolver_query *query = await(&fixture);
	ck_assert_ptr_nonnull(query);
	ck_assert_msg(query->result == failures[_i].result, "%s", failures[_i].says);
	ck_assert_ptr_nonnull(query->reason);
	ck_assert_msg(!failures[_i].word || strstr(query->reason, failures[_i].word), "%s: %s",
		failures[_i].says, query->reason);
	ck_assert_uint_eq(query->list.count, 0);
	ck_assert_ptr_null(query->list.addresses);
	ck_assert_int_eq(query->valid_ns, 0);
	resolver_query_free(query);
	tear_down(&fixture);
}
END_TEST

START_TEST(many_queries_are_all_answered)
{
	struct fixture fixture;
	set_up(&fixture);
	static int owners[100];
	for (int i = 0; i < ROWS(owners); i++) {
		char text[32];
		snprintf(text, sizeof(text), "known%d:1", i);
		ask(&fixture, i % 2 ? text : "name.invalid:1", &owners[i]);
	}
	for (int i = 0; i < ROWS(owners); i++) {
		struct resolver_query *query = await(&fixture);
		ck_assert_ptr_nonnull(query);
		int *owner = query->owner;
		ck_assert_int_eq(query->result == RESOLVER_FOUND, (owner - owners) % 2);
		(*owner)++;
		resolver_query_free(query);
	}
	for (int i = 0; i < ROWS(owners); i++)
		ck_assert_int_eq(owners[i], 1);
	tear_down(&fixture);
}
END_TEST

START_TEST(one_look_up_answers_all_who_wait_for_the_name)
{
	struct fixture fixture;
	set_up(&fixture);
	static const char *const addresses[] = {"slow:1", "SLOW:2", "slow:3"};
	for (int i = 0; i < ROWS(addresses); i++)
		ask(&fixture, addresses[i], NULL);
	await_slow_look_ups(1);
	end_slow_look_ups();
	for (int i = 0; i < ROWS(addresses); i++) {
		struct resolver_query *query = await(&fixture);
		ck_assert_ptr_nonnull(query);
		ck_assert_int_eq(query->result, RESOLVER_NOT_FOUND);
		resolver_query_free(query);
	}
	ck_assert_uint_eq(atomic_load(&look_ups), 1);
	tear_down(&fixture);
}
END_TEST

static const struct {
	const char *says;
	const char *first;
	const char *second;
	int64_t max_age_ns;
	unsigned look_ups;
} repeats[] = {
	{"a good answer", "known:1", "known:1", INT64_MAX, 1},
	{"for another port", "known:1", "known:2", INT64_MAX, 1},
	{"a younger one is wanted", "known:1", "known:1", 0, 2},
	{"a failure", "lost:1", "lost:1", INT64_MAX, 1},
	{"another name", "known:1", "known2:1", INT64_MAX, 2},
};

START_TEST(answers_are_remembered)
{
	struct fixture fixture;
	set_up(&fixture);
	static int owner;
	ask(&fixture, repeats[_i].first, NULL);
	resolver_query_free(await(&fixture));
	clock_sleep_until(clock_monotonic_ns() + NS_PER_MS);
	ask_within(&fixture, repeats[_i].second, repeats[_i].max_age_ns, &owner);
	struct resolver_query *query = await(&fixture);
	ck_assert_ptr_nonnull(query);
	ck_assert_ptr_eq(query->owner, &owner);
	if (query->result == RESOLVER_FOUND) {
		struct endpoint endpoint = endpoint_of(repeats[_i].second);
		ck_assert_uint_eq(query->list.count, 1);
		ck_assert_uint_eq(ntohs(query->list.addresses[0].v4.sin_port), endpoint.port);
		ck_assert_int_gt(query->valid_ns, 0);
		ck_assert_int_le(query->valid_ns, 30 * NS_PER_S);
	}
	resolver_query_free(query);
	ck_assert_msg(atomic_load(&look_ups) == repeats[_i].look_ups, "%s: %u", repeats[_i].says,
		atomic_load(&look_ups));
	tear_down(&fixture);
}
END_TEST

START_TEST(a_cancelled_query_comes_back_without_an_owner)
{
	struct fixture fixture;
	set_up(&fixture);
	static int owner;
	struct resolver_query *query = ask(&fixture, "slow:1", &owner);
	query->owner = NULL;
	end_slow_look_ups();
	query = await(&fixture);
	ck_assert_ptr_nonnull(query);
	ck_assert_ptr_null(query->owner);
	resolver_query_free(query);
	tear_down(&fixture);
}
END_TEST

static void ask_for_slow_names(struct fixture *fixture, int count)
{
	for (int i = 0; i < count; i++) {
		char text[32];
		snprintf(text, sizeof(text), "slow%d:1", i);
		ask(fixture, text, NULL);
	}
}

START_TEST(a_slow_name_holds_up_no_other)
{
	/* Whether the idle thread takes the slow name before the next query is up to chance. */
	for (int round = 0; round < 30; round++) {
		struct fixture fixture;
		set_up(&fixture);
		static int owner;
		/* Makes sure that there is an idle thread. */
		ask(&fixture, "known:1", NULL);
		resolver_query_free(await(&fixture));
		clock_sleep_until(clock_monotonic_ns() + 2 * NS_PER_MS);
		ask(&fixture, "slow:1", NULL);
		ask(&fixture, "known2:1", &owner);
		struct resolver_query *query = await(&fixture);
		ck_assert_ptr_nonnull(query);
		ck_assert_ptr_eq(query->owner, &owner);
		resolver_query_free(query);
		end_slow_look_ups();
		tear_down(&fixture);
	}
}
END_TEST

START_TEST(many_slow_names_do_not_hold_up_others)
{
	struct fixture fixture;
	set_up(&fixture);
	static int owner;
	ask_for_slow_names(&fixture, MANY);
	ask(&fixture, "known:1", &owner);
	struct resolver_query *query = await(&fixture);
	ck_assert_ptr_nonnull(query);
	ck_assert_ptr_eq(query->owner, &owner);
	resolver_query_free(query);
	await_slow_look_ups(MANY);
	end_slow_look_ups();
	for (int i = 0; i < MANY; i++) {
		query = await(&fixture);
		ck_assert_ptr_nonnull(query);
		resolver_query_free(query);
	}
	tear_down(&fixture);
}
END_TEST

START_TEST(an_inbox_may_be_freed_before_its_answers_come)
{
	struct fixture fixture;
	set_up(&fixture);
	ask(&fixture, "slow:1", NULL);
	ask(&fixture, "known:1", NULL);
	/* One answer has not been taken, the other has not come yet. */
	struct pollfd woken = {.fd = fixture.waker.read_fd, .events = POLLIN};
	ck_assert_int_eq(poll(&woken, 1, UNIT_PATIENCE_MS), 1);
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
	ask_for_slow_names(&fixture, MANY);
	await_slow_look_ups(1);
	int64_t before_ns = clock_monotonic_ns();
	resolver_free(fixture.resolver);
	int64_t took_ns = clock_monotonic_ns() - before_ns;
	ck_assert_int_ge(took_ns, 400 * NS_PER_MS);
	ck_assert_uint_gt(atomic_load(&slow_look_ups), 0);
	fixture.resolver = NULL;
	resolver_inbox_free(fixture.inbox);
	fixture.inbox = NULL;
	end_slow_look_ups();
	tear_down(&fixture);
}
END_TEST

START_TEST(stopping_does_not_wait_when_nothing_is_in_progress)
{
	/* Even a busy machine is quick once in a while. */
	int64_t least_ns = INT64_MAX;
	for (int round = 0; round < 50 && least_ns >= 250 * NS_PER_MS; round++) {
		struct fixture fixture;
		set_up(&fixture);
		ask(&fixture, "known:1", NULL);
		resolver_query_free(await(&fixture));
		/* The thread has become idle. */
		clock_sleep_until(clock_monotonic_ns() + 5 * NS_PER_MS);
		int64_t before_ns = clock_monotonic_ns();
		tear_down(&fixture);
		int64_t took_ns = clock_monotonic_ns() - before_ns;
		if (took_ns < least_ns)
			least_ns = took_ns;
	}
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
	tcase_add_test(tcase, a_name_is_answered_with_its_addresses_and_its_owner);
	tcase_add_loop_test(tcase, a_name_that_does_not_resolve_is_answered_too, 0, ROWS(failures));
	tcase_add_test(tcase, many_queries_are_all_answered);
	tcase_add_test(tcase, one_look_up_answers_all_who_wait_for_the_name);
	tcase_add_loop_test(tcase, answers_are_remembered, 0, ROWS(repeats));
	tcase_add_test(tcase, a_cancelled_query_comes_back_without_an_owner);
	tcase_add_test(tcase, a_slow_name_holds_up_no_other);
	tcase_add_test(tcase, many_slow_names_do_not_hold_up_others);
	tcase_add_test(tcase, an_inbox_may_be_freed_before_its_answers_come);
	tcase_add_test(tcase, stopping_waits_for_look_ups_but_not_for_long);
	tcase_add_test(tcase, stopping_does_not_wait_when_nothing_is_in_progress);
	tcase_add_test(tcase, freeing_nothing_is_fine);
	return unit_run("net/resolver", tcase);
}
