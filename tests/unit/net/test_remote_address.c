/* SPDX-License-Identifier: MIT */
#include "net/remote_address.h"

#include "../unit.h"

static union address address_of(const char *text)
{
	union address address = {0};
	if (inet_pton(AF_INET, text, &address.v4.sin_addr) == 1) {
		address.any.sa_family = AF_INET;
	} else {
		ck_assert_int_eq(inet_pton(AF_INET6, text, &address.v6.sin6_addr), 1);
		address.any.sa_family = AF_INET6;
	}
	return address;
}

static const struct {
	const char *says;
	const char *address;
	bool is_possible;
} addresses[] = {
	{"a host", "192.0.2.1", true},
	{"a private one", "10.0.0.0", true},
	{"this machine", "127.0.0.1", true},
	{"link-local", "169.254.0.1", true},
	{"the last one before multicast", "223.255.255.255", true},
	{"reserved, but somebody uses it", "240.0.0.1", true},
	{"the last but one", "255.255.255.254", true},
	{"unspecified", "0.0.0.0", false},
	{"this network", "0.0.0.1", false},
	{"the last one of this network", "0.255.255.255", false},
	{"the first one after that", "1.0.0.0", true},
	{"multicast", "224.0.0.1", false},
	{"the last multicast", "239.255.255.255", false},
	{"broadcast", "255.255.255.255", false},
	{"an IPv6 host", "2001:db8::1", true},
	{"link-local IPv6", "fe80::1", true},
	{"unique local", "fd00::1", true},
	{"this machine by IPv6", "::1", true},
	{"unspecified IPv6", "::", false},
	{"IPv6 multicast", "ff02::1", false},
	{"the last IPv6 multicast", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false},
	{"the last one before IPv6 multicast", "feff::1", true},
	{"mapped", "::ffff:192.0.2.1", true},
	{"unspecified, mapped", "::ffff:0.0.0.0", false},
	{"multicast, mapped", "::ffff:239.1.2.3", false},
	{"broadcast, mapped", "::ffff:255.255.255.255", false},
	{"compatible", "::192.0.2.1", true},
	{"this network, compatible", "::0.0.0.2", false},
	{"translated", "64:ff9b::192.0.2.1", true},
	{"unspecified, translated", "64:ff9b::", false},
	{"broadcast, translated", "64:ff9b::255.255.255.255", false},
	{"nearly translated", "64:ff9b:1::", true},
};

START_TEST(some_addresses_cannot_be_a_remote_hosts)
{
	union address address = address_of(addresses[_i].address);
	ck_assert_msg(remote_address_is_possible(&address) == addresses[_i].is_possible, "%s",
		addresses[_i].says);
}
END_TEST

START_TEST(a_list_keeps_the_others_in_order)
{
	struct address_list list = {0};
	for (int i = 0; i < ROWS(addresses); i++) {
		union address address = address_of(addresses[i].address);
		ck_assert_int_eq(address_list_add(&list, &address), 0);
	}
	remote_address_keep_possible(&list);
	size_t kept = 0;
	for (int i = 0; i < ROWS(addresses); i++) {
		if (!addresses[i].is_possible)
			continue;
		union address address = address_of(addresses[i].address);
		ck_assert_uint_lt(kept, list.count);
		ck_assert(address_is_same(&list.addresses[kept++], &address));
	}
	ck_assert_uint_eq(kept, list.count);
	address_list_clear(&list);
}
END_TEST

START_TEST(a_list_of_nothing_else_is_empty)
{
	struct address_list list = {0};
	union address address = address_of("0.0.0.0");
	ck_assert_int_eq(address_list_add(&list, &address), 0);
	remote_address_keep_possible(&list);
	ck_assert_uint_eq(list.count, 0);
	ck_assert_ptr_null(list.addresses);
	remote_address_keep_possible(&list);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("remote_address");
	tcase_add_loop_test(tcase, some_addresses_cannot_be_a_remote_hosts, 0, ROWS(addresses));
	tcase_add_test(tcase, a_list_keeps_the_others_in_order);
	tcase_add_test(tcase, a_list_of_nothing_else_is_empty);
	return unit_run("net/remote_address", tcase);
}
