/* SPDX-License-Identifier: MIT */
#include "base/destinations.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "base/endpoint.h"

/* text: "address:port", IPv6 in brackets. */
static union address address_of(const char *text)
{
	union address address = {0};
	struct endpoint endpoint;
	const char *reason;
	ck_assert_int_eq(endpoint_parse(text, ENDPOINT_TO_DIAL, &endpoint, &reason), 0);
	if (inet_pton(AF_INET, endpoint.host, &address.v4.sin_addr) == 1) {
		address.v4.sin_family = AF_INET;
		address.v4.sin_port = htons(endpoint.port);
	} else {
		ck_assert_int_eq(inet_pton(AF_INET6, endpoint.host, &address.v6.sin6_addr), 1);
		address.v6.sin6_family = AF_INET6;
		address.v6.sin6_port = htons(endpoint.port);
	}
	return address;
}

/* Addresses are separated by spaces. */
static const struct {
	const char *list;
	const char *in;
	const char *out;
} good[] = {
	{"10.0.0.0/8", "10.0.0.1:1 10.255.255.255:65535 [::ffff:10.1.2.3]:80",
		"11.0.0.0:1 9.255.255.255:80 [::a00:1]:80"},
	{"10.0.0.0/8:4000", "10.0.0.1:4000 [::ffff:10.0.0.1]:4000",
		"10.0.0.1:3999 10.0.0.1:4001 11.0.0.1:4000 [::ffff:10.0.0.1]:4001"},
	{"10.0.0.0/8:4000-4002", "10.0.0.1:4000 10.0.0.1:4001 10.0.0.1:4002",
		"10.0.0.1:3999 10.0.0.1:4003 [::1]:4001"},
	{"192.0.2.1", "192.0.2.1:7", "192.0.2.2:7"},
	{"192.0.2.1:7", "192.0.2.1:7", "192.0.2.1:8 192.0.2.2:7"},
	{"192.0.2.1:1-65535", "192.0.2.1:1 192.0.2.1:65535", "192.0.2.2:1"},
	{"192.0.2.1:00007", "192.0.2.1:7", "192.0.2.1:70"},
	{"2001:db8::/32", "[2001:db8::1]:1 [2001:db8:ffff::]:65535",
		"[2001:db9::]:1 32.1.13.184:1"},
	{"2001:db8::1", "[2001:db8::1]:7", "[2001:db8::2]:7"},
	{"[2001:db8::/32]", "[2001:db8::1]:7", "[2001:db9::]:7"},
	{"[2001:db8::/32]:7", "[2001:db8::1]:7", "[2001:db8::1]:8 [2001:db9::1]:7"},
	{"[::1]:7-9", "[::1]:7 [::1]:9", "[::1]:6 [::1]:10 127.0.0.1:7"},
	{"[::ffff:10.0.0.0/104]:7", "10.1.2.3:7 [::ffff:10.9.9.9]:7", "11.0.0.0:7 10.1.2.3:8"},
	{"[::/0]:7", "[::1]:7 [2001:db8::1]:7", "127.0.0.1:7 [::ffff:127.0.0.1]:7"},
	{"0.0.0.0/0", "127.0.0.1:1 [::ffff:127.0.0.1]:7", "[::1]:7"},
	{"10.0.0.0/8:7,192.0.2.0/24,[2001:db8::]:9", "10.1.1.1:7 192.0.2.9:80 [2001:db8::]:9",
		"10.1.1.1:9 192.0.3.9:80 [2001:db8::]:7"},
};

static void check_each(const struct destinations *destinations, const char *texts, bool is_in)
{
	char text[256];
	snprintf(text, sizeof(text), "%s", texts);
	char *rest = NULL;
	for (char *one = strtok_r(text, " ", &rest); one; one = strtok_r(NULL, " ", &rest)) {
		union address address = address_of(one);
		ck_assert_msg(destinations_contain(destinations, &address) == is_in, "%s", one);
	}
}

START_TEST(contains_networks_with_their_ports)
{
	struct destinations destinations = {0};
	struct destinations copy = {0};
	const char *reason = NULL;
	int error = destinations_add(&destinations, good[_i].list, &reason);
	ck_assert_msg(error == 0, "%s: %s", good[_i].list, reason);
	ck_assert_int_eq(destinations_add(NULL, good[_i].list, &reason), 0);
	check_each(&destinations, good[_i].in, true);
	check_each(&destinations, good[_i].out, false);
	ck_assert_int_eq(destinations_copy(&destinations, &copy), 0);
	destinations_clear(&destinations);
	check_each(&destinations, good[_i].in, false);
	check_each(&copy, good[_i].in, true);
	destinations_clear(&copy);
}
END_TEST

#define NO_LIST "is not a valid list of networks with ports"
#define BEYOND "has bits set beyond its prefix"

static const struct {
	const char *list;
	const char *reason;
} bad[] = {
	{"", NO_LIST},
	{",", NO_LIST},
	{"10.0.0.0/8,", NO_LIST},
	{"10.0.0.0/8, 192.0.2.1", NO_LIST},
	{"10.0.0.0/33", NO_LIST},
	{"10.0.0.0/8:", NO_LIST},
	{"10.0.0.0/8:0", NO_LIST},
	{"10.0.0.0/8:65536", NO_LIST},
	{"10.0.0.0/8:99999", NO_LIST},
	{"10.0.0.0/8:000007", NO_LIST},
	{"10.0.0.0/8:7-", NO_LIST},
	{"10.0.0.0/8:-7", NO_LIST},
	{"10.0.0.0/8:7-6", NO_LIST},
	{"10.0.0.0/8:7-9-11", NO_LIST},
	{"10.0.0.0/8:7 ", NO_LIST},
	{"10.0.0.0/8: 7", NO_LIST},
	{"10.0.0.0/8:+7", NO_LIST},
	{"10.0.0.0/8:http", NO_LIST},
	{":7", NO_LIST},
	{"10.0.0.0:7/8", NO_LIST},
	{"[10.0.0.0/8]:7", NO_LIST},
	{"[10.0.0.0/8]", NO_LIST},
	{"[2001:db8::/32", NO_LIST},
	{"[2001:db8::]/32", NO_LIST},
	{"[2001:db8::/32]7", NO_LIST},
	{"[2001:db8::/32]:", NO_LIST},
	{"[2001:db8::/32]:7x", NO_LIST},
	{"[]:7", NO_LIST},
	{"[", NO_LIST},
	{"]", NO_LIST},
	{"2001:db8::/32]:7", NO_LIST},
	{"::/0:7", NO_LIST},
	{"localhost:7", NO_LIST},
	{"10.0.0.1/8", BEYOND},
	{"10.0.0.1/8:7", BEYOND},
	{"[2001:db8::1/32]:7", BEYOND},
	{"192.0.2.1,2001:db8::1/32", BEYOND},
};

START_TEST(refuses_what_is_no_list)
{
	struct destinations destinations = {0};
	const char *reason = NULL;
	ck_assert_int_eq(destinations_add(&destinations, "10.0.0.0/8:7", &reason), 0);
	ck_assert_int_eq(destinations_add(&destinations, bad[_i].list, &reason), -EINVAL);
	ck_assert_str_eq(reason, bad[_i].reason);
	ck_assert_uint_eq(destinations.count, 1);
	destinations_clear(&destinations);
}
END_TEST

static const struct {
	const char *list;
	uint16_t port;
	bool has;
} ports[] = {
	{"10.0.0.0/8", 1, true},
	{"10.0.0.0/8:7", 7, true},
	{"10.0.0.0/8:7", 8, false},
	{"10.0.0.0/8:7,[::1]:9-11", 10, true},
	{"10.0.0.0/8:7,[::1]:9-11", 8, false},
	{"10.0.0.0/8:7,[::1]:9-11", 12, false},
};

START_TEST(knows_which_ports_there_are)
{
	struct destinations destinations = {0};
	const char *reason = NULL;
	ck_assert_int_eq(destinations_add(&destinations, ports[_i].list, &reason), 0);
	ck_assert_int_eq(destinations_have_port(&destinations, ports[_i].port), ports[_i].has);
	destinations_clear(&destinations);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("destinations");
	tcase_add_loop_test(tcase, contains_networks_with_their_ports, 0, ROWS(good));
	tcase_add_loop_test(tcase, refuses_what_is_no_list, 0, ROWS(bad));
	tcase_add_loop_test(tcase, knows_which_ports_there_are, 0, ROWS(ports));
	return unit_run("destinations", tcase);
}
