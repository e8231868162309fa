/* SPDX-License-Identifier: MIT */
#include "echo/refusals.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"

static void note(struct refusals *refusals, enum server_reject reason, const char *host,
	uint16_t port, int64_t now_ns)
{
	union address peer = {0};
	if (strchr(host, ':')) {
		peer.v6.sin6_family = AF_INET6;
		peer.v6.sin6_port = htons(port);
		ck_assert_int_eq(inet_pton(AF_INET6, host, &peer.v6.sin6_addr), 1);
	} else {
		peer.v4.sin_family = AF_INET;
		peer.v4.sin_port = htons(port);
		ck_assert_int_eq(inet_pton(AF_INET, host, &peer.v4.sin_addr), 1);
	}
	refusals_note(refusals, reason, &peer, (struct wall_time){.unix_ns = now_ns});
}

static void check(const struct refusals *refusals, size_t place, const char *address,
	enum server_reject reason, uint64_t count, int64_t unix_ns)
{
	const struct server_refusal *refusal = &refusals->list[place];
	ck_assert_str_eq(refusal->address, address);
	ck_assert_int_eq(refusal->reason, reason);
	ck_assert_uint_eq(refusal->count, count);
	ck_assert_int_eq(refusal->unix_ns, unix_ns);
}

START_TEST(the_same_address_and_reason_count_up_and_come_first)
{
	struct refusals refusals = {0};
	note(&refusals, SERVER_REJECT_LIMIT, "192.0.2.1", 1000, 1);
	note(&refusals, SERVER_REJECT_LIMIT, "2001:db8::1", 1000, 2);
	note(&refusals, SERVER_REJECT_NOT_ALLOWED, "192.0.2.1", 1000, 3);
	note(&refusals, SERVER_REJECT_LIMIT, "192.0.2.1", 1001, 4);
	ck_assert_uint_eq(refusals.count, 3);
	check(&refusals, 0, "192.0.2.1", SERVER_REJECT_LIMIT, 2, 4);
	check(&refusals, 1, "192.0.2.1", SERVER_REJECT_NOT_ALLOWED, 1, 3);
	check(&refusals, 2, "2001:db8::1", SERVER_REJECT_LIMIT, 1, 2);
	/* The newest stays where it is. */
	note(&refusals, SERVER_REJECT_LIMIT, "192.0.2.1", 1001, 5);
	ck_assert_uint_eq(refusals.count, 3);
	check(&refusals, 0, "192.0.2.1", SERVER_REJECT_LIMIT, 3, 5);
	check(&refusals, 1, "192.0.2.1", SERVER_REJECT_NOT_ALLOWED, 1, 3);
}
END_TEST

START_TEST(a_crowd_makes_the_oldest_be_forgotten)
{
	struct refusals refusals = {0};
	char host[INET_ADDRSTRLEN];
	for (int i = 0; i < SERVER_REFUSALS_MAX + 5; i++) {
		snprintf(host, sizeof(host), "192.0.2.%d", i);
		note(&refusals, SERVER_REJECT_LIMIT, host, 1, i);
	}
	ck_assert_uint_eq(refusals.count, SERVER_REFUSALS_MAX);
	check(&refusals, 0, "192.0.2.24", SERVER_REJECT_LIMIT, 1, 24);
	check(&refusals, SERVER_REFUSALS_MAX - 1, "192.0.2.5", SERVER_REJECT_LIMIT, 1, 5);
	note(&refusals, SERVER_REJECT_LIMIT, "192.0.2.5", 1, 99);
	check(&refusals, 0, "192.0.2.5", SERVER_REJECT_LIMIT, 2, 99);
	check(&refusals, SERVER_REFUSALS_MAX - 1, "192.0.2.6", SERVER_REJECT_LIMIT, 1, 6);
}
END_TEST

START_TEST(an_unknown_family_is_noted_without_an_address)
{
	struct refusals refusals = {0};
	const union address peer = {.any = {.sa_family = AF_UNIX}};
	refusals_note(&refusals, SERVER_REJECT_OTHER, &peer, (struct wall_time){.unix_ns = 1});
	check(&refusals, 0, "", SERVER_REJECT_OTHER, 1, 1);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("refusals");
	tcase_add_test(tcase, the_same_address_and_reason_count_up_and_come_first);
	tcase_add_test(tcase, a_crowd_makes_the_oldest_be_forgotten);
	tcase_add_test(tcase, an_unknown_family_is_noted_without_an_address);
	return unit_run("echo/refusals", tcase);
}
