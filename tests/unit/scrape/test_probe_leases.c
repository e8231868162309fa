/* SPDX-License-Identifier: MIT */
#include "scrape/probe_leases.h"

#include <errno.h>
#include <stdio.h>

#include "../unit.h"

#define S NS_PER_S
#define START_NS (1000 * S)
#define REQUESTS_MAX 6

/* When one is asked for again, in seconds from the first request; 0: no more. It is there each time. */
static const struct {
	const char *says;
	int64_t asked_s[REQUESTS_MAX];
	int64_t ends_s; /* From the first request, too. */
} terms[] = {
	{"asked for once", {0}, 300},
	{"each 15 seconds", {15, 30, 45}, 45 + 300},
	{"each minute", {60, 120, 180}, 180 + 300},
	{"each 100 seconds: just the least", {100, 200}, 200 + 300},
	{"each two minutes", {120, 240}, 240 + 360},
	{"each four minutes", {240}, 240 + 720},
	{"the longest gap counts, wherever it was", {15, 215, 230}, 230 + 600},
	{"just before the end", {299, 300}, 300 + 897},
	{"gaps that grow as the term does", {299, 1195}, 1195 + 2688},
	{"several at once", {15, 15, 15}, 15 + 300},
};

START_TEST(ends_some_time_after_the_last_request)
{
	struct probe_leases *leases;
	uint64_t id = 0;
	ck_assert_int_eq(probe_leases_new(3, &leases), 0);
	ck_assert(!probe_leases_renew(leases, "a", START_NS, &id));
	ck_assert_int_eq(probe_leases_begin(leases, "a", 7, START_NS), 0);
	for (int i = 0; i < REQUESTS_MAX && terms[_i].asked_s[i] > 0; i++) {
		int64_t now_ns = START_NS + terms[_i].asked_s[i] * S;
		ck_assert_msg(!probe_leases_take_ended(leases, now_ns, &id), "%s", terms[_i].says);
		ck_assert(probe_leases_renew(leases, "a", now_ns, &id));
		ck_assert_uint_eq(id, 7);
	}
	int64_t end_ns = START_NS + terms[_i].ends_s * S;
	ck_assert_msg(!probe_leases_take_ended(leases, end_ns - 1, &id), "%s", terms[_i].says);
	id = 0;
	ck_assert_msg(probe_leases_take_ended(leases, end_ns, &id), "%s", terms[_i].says);
	ck_assert_uint_eq(id, 7);
	ck_assert_uint_eq(probe_leases_count(leases), 0);
	ck_assert(!probe_leases_renew(leases, "a", end_ns, &id));
	probe_leases_free(leases);
}
END_TEST

START_TEST(keys_are_told_apart)
{
	struct probe_leases *leases;
	uint64_t id = 0;
	char key[16];
	ck_assert_int_eq(probe_leases_new(100, &leases), 0);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "key-%u", i);
		ck_assert_int_eq(probe_leases_begin(leases, key, i, START_NS + i), 0);
	}
	ck_assert_int_eq(probe_leases_begin(leases, "one more", 1, START_NS), -ENOSPC);
	ck_assert_uint_eq(probe_leases_count(leases), 100);
	for (unsigned i = 0; i < 100; i += 2) {
		snprintf(key, sizeof(key), "key-%u", i);
		ck_assert(probe_leases_renew(leases, key, START_NS + 100 * S, &id));
		ck_assert_uint_eq(id, i);
	}
	/* They end in the order in which they are due. */
	for (unsigned i = 1; i < 100; i += 2) {
		ck_assert(probe_leases_take_ended(leases, START_NS + 350 * S, &id));
		ck_assert_uint_eq(id, i);
	}
	ck_assert(!probe_leases_take_ended(leases, START_NS + 350 * S, &id));
	ck_assert_uint_eq(probe_leases_count(leases), 50);
	ck_assert_int_eq(probe_leases_begin(leases, "one more", 1, START_NS), 0);
	probe_leases_free(leases);
	probe_leases_free(NULL);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("probe_leases");
	tcase_add_loop_test(tcase, ends_some_time_after_the_last_request, 0, ROWS(terms));
	tcase_add_test(tcase, keys_are_told_apart);
	return unit_run("scrape/probe_leases", tcase);
}
