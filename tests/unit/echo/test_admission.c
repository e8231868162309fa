/* SPDX-License-Identifier: MIT */
#include "echo/admission.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"

#define PEERS_MAX 32

static union address address_of(const char *text)
{
	union address address = {0};
	if (inet_pton(AF_INET, text, &address.v4.sin_addr) == 1) {
		address.v4.sin_family = AF_INET;
	} else {
		ck_assert_int_eq(inet_pton(AF_INET6, text, &address.v6.sin6_addr), 1);
		address.v6.sin6_family = AF_INET6;
	}
	return address;
}

static struct admission *make(const char *allow)
{
	struct networks networks = {0};
	const char *reason;
	if (allow)
		ck_assert_int_eq(networks_add(&networks, allow, &reason), 0);
	struct admission *admission;
	ck_assert_int_eq(admission_new(&networks, 42, &admission), 0);
	networks_clear(&networks);
	return admission;
}

/* Who comes, in order, and what happens: "in", or the reason; "-3": the third that came in leaves. */
static const struct {
	const char *says;
	const char *allow;
	size_t limit;
	size_t per_address;
	bool is_wanted;
	struct {
		const char *who;
		const char *outcome;
	} steps[10];
} rows[] = {
	{"everyone, by default", NULL, 9, 9, true,
		{{"192.0.2.1", "in"}, {"2001:db8::1", "in"}, {"::1", "in"}}},
	{"only those that are allowed", "10.0.0.0/8", 9, 9, true,
		{{"10.1.2.3", "in"}, {"192.0.2.1", "not_allowed"}, {"::ffff:10.0.0.1", "in"},
			{"::1", "not_allowed"}}},
	{"several networks", "10.0.0.0/8,2001:db8::/32", 9, 9, true,
		{{"10.1.2.3", "in"}, {"2001:db8::1", "in"}, {"2001:db9::1", "not_allowed"}}},
	{"the limit that the user wants", NULL, 2, 9, true,
		{{"192.0.2.1", "in"}, {"192.0.2.2", "in"}, {"192.0.2.3", "limit"}, {"-1", NULL},
			{"192.0.2.3", "in"}, {"192.0.2.4", "limit"}}},
	{"the limit of descriptors", NULL, 1, 9, false,
		{{"192.0.2.1", "in"}, {"192.0.2.2", "descriptors"}}},
	{"who is not allowed is not told of limits", "10.0.0.0/8", 0, 9, true,
		{{"192.0.2.1", "not_allowed"}, {"10.0.0.1", "limit"}}},
	{"one address", NULL, 9, 2, true,
		{{"192.0.2.1", "in"}, {"192.0.2.1", "in"}, {"192.0.2.1", "address_limit"},
			{"192.0.2.2", "in"}, {"-2", NULL}, {"192.0.2.1", "in"},
			{"192.0.2.1", "address_limit"}, {"192.0.2.2", "in"}}},
	{"IPv4 is IPv4, mapped or not", NULL, 9, 1, true,
		{{"192.0.2.1", "in"}, {"::ffff:192.0.2.1", "address_limit"},
			{"::ffff:192.0.2.2", "in"}, {"192.0.2.2", "address_limit"}}},
	{"IPv6 counts by /64", NULL, 9, 1, true,
		{{"2001:db8::1", "in"}, {"2001:db8::ffff:1:2:3", "address_limit"},
			{"2001:db8:0:1::1", "in"}, {"::1", "in"}, {"::2", "address_limit"}}},
	{"an address that left is forgotten", NULL, 9, 1, true,
		{{"192.0.2.1", "in"}, {"-1", NULL}, {"192.0.2.1", "in"}, {"-2", NULL},
			{"192.0.2.1", "in"}}},
	{"nobody", NULL, 0, 0, true, {{"192.0.2.1", "limit"}}},
};

START_TEST(lets_in_whom_there_is_room_for)
{
	struct admission *admission = make(rows[_i].allow);
	admission_limit(admission, rows[_i].limit, rows[_i].per_address, rows[_i].is_wanted);
	struct admission_host *hosts[PEERS_MAX];
	size_t count = 0;
	for (int i = 0; i < 10 && rows[_i].steps[i].who; i++) {
		const char *who = rows[_i].steps[i].who;
		if (who[0] == '-') {
			admission_leave(admission, hosts[atoi(who + 1) - 1]);
			continue;
		}
		union address address = address_of(who);
		enum server_reject why = SERVER_REJECTS;
		const char *outcome = admission_enter(admission, &address, &hosts[count], &why)
					      ? "in"
					      : server_reject_name(why);
		count += strcmp(outcome, "in") == 0;
		ck_assert_msg(strcmp(outcome, rows[_i].steps[i].outcome) == 0, "%s: step %d: %s",
			rows[_i].says, i, outcome);
	}
	admission_free(admission);
}
END_TEST

START_TEST(a_limit_that_falls_leaves_a_surplus)
{
	struct admission *admission = make(NULL);
	union address address = address_of("192.0.2.1");
	struct admission_host *hosts[4];
	enum server_reject why;
	admission_limit(admission, 4, 4, false);
	for (int i = 0; i < 4; i++)
		ck_assert(admission_enter(admission, &address, &hosts[i], &why));
	ck_assert_uint_eq(admission_surplus(admission), 0);
	admission_limit(admission, 2, 4, false);
	ck_assert_uint_eq(admission_surplus(admission), 2);
	ck_assert(!admission_enter(admission, &address, &hosts[0], &why));
	for (int i = 0; i < 2; i++)
		admission_leave(admission, hosts[i]);
	ck_assert_uint_eq(admission_surplus(admission), 0);
	ck_assert(!admission_enter(admission, &address, &hosts[0], &why));
	admission_leave(admission, hosts[2]);
	ck_assert(admission_enter(admission, &address, &hosts[0], &why));
	admission_free(admission);
}
END_TEST

/* As many different ones as make the table grow several times. */
#define HOSTS 5000

START_TEST(keeps_many_addresses_apart)
{
	struct admission *admission = make(NULL);
	static struct admission_host *hosts[HOSTS];
	struct admission_host *second;
	enum server_reject why;
	admission_limit(admission, (size_t)2 * HOSTS, 1, false);
	for (uint32_t turn = 0; turn < 2; turn++) {
		for (uint32_t i = 0; i < HOSTS; i++) {
			union address address = {.v4 = {.sin_family = AF_INET}};
			address.v4.sin_addr.s_addr = htonl(0x0a000000 + i * 97);
			ck_assert(admission_enter(admission, &address, &hosts[i], &why));
			ck_assert(!admission_enter(admission, &address, &second, &why));
			ck_assert_int_eq(why, SERVER_REJECT_ADDRESS_LIMIT);
		}
		for (uint32_t i = 0; i < HOSTS; i++)
			admission_leave(admission, hosts[i]);
	}
	admission_free(admission);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("admission");
	tcase_add_loop_test(tcase, lets_in_whom_there_is_room_for, 0, ROWS(rows));
	tcase_add_test(tcase, a_limit_that_falls_leaves_a_surplus);
	tcase_add_test(tcase, keeps_many_addresses_apart);
	return unit_run("echo/admission", tcase);
}
