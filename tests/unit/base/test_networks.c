/* SPDX-License-Identifier: MIT */
#include "base/networks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"

static union address address_of(const char *text)
{
	union address address = {0};
	if (inet_pton(AF_INET, text, &address.v4.sin_addr) == 1) {
		address.v4.sin_family = AF_INET;
		address.v4.sin_port = htons(4000);
	} else {
		ck_assert_int_eq(inet_pton(AF_INET6, text, &address.v6.sin6_addr), 1);
		address.v6.sin6_family = AF_INET6;
		address.v6.sin6_port = htons(4000);
	}
	return address;
}

/* Addresses are separated by spaces. */
static const struct {
	const char *list;
	const char *in;
	const char *out;
} good[] = {
	{"10.0.0.0/8", "10.0.0.0 10.255.255.255 ::ffff:10.1.2.3",
		"9.255.255.255 11.0.0.0 ::a00:1 ::"},
	{"192.0.2.1", "192.0.2.1 ::ffff:192.0.2.1", "192.0.2.0 192.0.2.2 ::192.0.2.1"},
	{"192.0.2.1/32", "192.0.2.1", "192.0.2.0 192.0.2.2"},
	{"192.0.2.0/31", "192.0.2.0 192.0.2.1", "192.0.2.2 192.0.1.255"},
	{"192.0.2.128/25", "192.0.2.128 192.0.2.255", "192.0.2.127 192.0.3.0"},
	{"192.0.0.0/22", "192.0.3.255", "192.0.4.0 191.255.255.255"},
	{"128.0.0.0/1", "128.0.0.0 255.255.255.255", "127.255.255.255 8000::1"},
	{"0.0.0.0/0", "0.0.0.0 127.0.0.1 255.255.255.255 ::ffff:1.2.3.4", ":: ::1 2001:db8::1"},
	{"::/0", ":: ::1 2001:db8::1 fe80::1", "0.0.0.0 127.0.0.1 ::ffff:1.2.3.4"},
	{"2001:db8::/32", "2001:db8:: 2001:db8:ffff::1", "2001:db9:: 2001:db7:ffff::1 32.1.13.184"},
	{"2001:db8::1", "2001:db8::1", "2001:db8:: 2001:db8::2"},
	{"2001:db8::1/128", "2001:db8::1", "2001:db8::2"},
	{"2001:db8::/127", "2001:db8::1", "2001:db8::2"},
	{"fe80::/10", "fe80::1 febf::1", "fec0::1"},
	{"8000::/1", "8000::1 ffff::1", "7fff::1 128.0.0.1"},
	{"::ffff:10.0.0.0/104", "10.1.2.3 ::ffff:10.9.9.9", "11.0.0.0 ::1"},
	{"::ffff:192.0.2.1", "192.0.2.1", "192.0.2.2"},
	{"::ffff:0.0.0.0/96", "192.0.2.1", "::1"},
	{"10.0.0.0/8,2001:db8::/32,192.0.2.7", "10.1.1.1 2001:db8::5 192.0.2.7",
		"192.0.2.8 ::1 127.0.0.1"},
	{"10.0.0.0/8,10.0.0.0/8,0.0.0.0/0", "1.2.3.4", "::1"},
	{"10.0.0.0/08", "10.1.1.1", "11.1.1.1"},
};

static void check_each(const struct networks *networks, const char *texts, bool is_in)
{
	char text[256];
	snprintf(text, sizeof(text), "%s", texts);
	char *rest = NULL;
	for (char *one = strtok_r(text, " ", &rest); one; one = strtok_r(NULL, " ", &rest)) {
		union address address = address_of(one);
		ck_assert_msg(networks_contain(networks, &address) == is_in, "%s", one);
	}
}

START_TEST(contains_what_has_the_prefix)
{
	struct networks networks = {0};
	struct networks copy = {0};
	const char *reason = NULL;
	ck_assert_int_eq(networks_add(NULL, good[_i].list, &reason), 0);
	ck_assert_msg(networks_add(&networks, good[_i].list, &reason) == 0, "%s: %s", good[_i].list,
		reason);
	check_each(&networks, good[_i].in, true);
	check_each(&networks, good[_i].out, false);
	ck_assert_int_eq(networks_copy(&networks, &copy), 0);
	networks_clear(&networks);
	check_each(&networks, good[_i].in, false);
	check_each(&copy, good[_i].in, true);
	networks_clear(&copy);
}
END_TEST

#define NO_LIST "is not a valid list of networks"
#define BEYOND "has bits set beyond its prefix"

static const struct {
	const char *list;
	const char *reason;
} bad[] = {
	{"", NO_LIST},
	{",", NO_LIST},
	{"10.0.0.0/8,", NO_LIST},
	{",10.0.0.0/8", NO_LIST},
	{"10.0.0.0/8,,192.0.2.1", NO_LIST},
	{"10.0.0.0/8 ,192.0.2.1", NO_LIST},
	{"10.0.0.0/8, 192.0.2.1", NO_LIST},
	{"10.0.0.0/8;192.0.2.1", NO_LIST},
	{"10.0.0.0/33", NO_LIST},
	{"10.0.0.0/-1", NO_LIST},
	{"10.0.0.0/+8", NO_LIST},
	{"10.0.0.0/", NO_LIST},
	{"10.0.0.0/8/8", NO_LIST},
	{"10.0.0.0/8x", NO_LIST},
	{"10.0.0.0/0008", NO_LIST},
	{"10.0.0.0/99999999999999999999", NO_LIST},
	{"10.0.0.0/255.0.0.0", NO_LIST},
	{"/8", NO_LIST},
	{"10", NO_LIST},
	{"10.0.0", NO_LIST},
	{"10.0.0.0.0/8", NO_LIST},
	{"10.0.0.256", NO_LIST},
	{"2001:db8::/129", NO_LIST},
	{"[2001:db8::]/32", NO_LIST},
	{"2001:db8::g", NO_LIST},
	{"fe80::1%lo", NO_LIST},
	{"fe80::%lo/64", NO_LIST},
	{"localhost", NO_LIST},
	{"all", NO_LIST},
	{"10.0.0.1:4000", NO_LIST},
	{"1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111/128", NO_LIST},
	{"10.0.0.1/8", BEYOND},
	{"192.0.2.1/0", BEYOND},
	{"192.0.2.1/31", BEYOND},
	{"2001:db8::1/32", BEYOND},
	{"::1/0", BEYOND},
	{"::ffff:10.0.0.1/104", BEYOND},
	{"::ffff:10.0.0.0/95", BEYOND},
	{"192.0.2.1,10.0.0.1/8", BEYOND},
};

START_TEST(refuses_what_may_be_a_typing_error)
{
	struct networks networks = {0};
	const char *reason = NULL;
	ck_assert_int_eq(networks_add(&networks, "192.0.2.1", &reason), 0);
	ck_assert_int_eq(networks_add(&networks, bad[_i].list, &reason), -EINVAL);
	ck_assert_str_eq(reason, bad[_i].reason);
	ck_assert_int_eq(networks_add(NULL, bad[_i].list, &reason), -EINVAL);
	ck_assert_uint_eq(networks.count, 1);
	networks_clear(&networks);
}
END_TEST

START_TEST(lists_add_up)
{
	struct networks networks = {0};
	const char *reason = NULL;
	check_each(&networks, "192.0.2.1 ::1", false);
	ck_assert_int_eq(networks_add(&networks, "192.0.2.1", &reason), 0);
	ck_assert_int_eq(networks_add(&networks, "2001:db8::/32,127.0.0.1", &reason), 0);
	check_each(&networks, "192.0.2.1 2001:db8::9 127.0.0.1", true);
	check_each(&networks, "192.0.2.2 ::1", false);
	networks_clear(&networks);
	ck_assert_uint_eq(networks.count, 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("networks");
	tcase_add_loop_test(tcase, contains_what_has_the_prefix, 0, ROWS(good));
	tcase_add_loop_test(tcase, refuses_what_may_be_a_typing_error, 0, ROWS(bad));
	tcase_add_test(tcase, lists_add_up);
	return unit_run("base/networks", tcase);
}
