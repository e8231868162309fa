/* SPDX-License-Identifier: MIT */
#include "net/destination_order.h"

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

static unsigned rank_of(const char *destination, const char *source)
{
	union address to = address_of(destination);
	if (!source)
		return destination_order_rank(&to, NULL);
	union address from = address_of(source);
	return destination_order_rank(&to, &from);
}

/* Most are the examples of RFC 6724 section 10.2. */
static const struct {
	const char *says;
	const char *better;
	const char *better_source; /* NULL: it cannot be reached. */
	const char *worse;
	const char *worse_source;
	bool are_equal;
} pairs[] = {
	{"matching scope", "2001:db8:1::1", "2001:db8:1::2", "198.51.100.121", "169.254.13.78",
		false},
	{"matching scope, IPv4", "198.51.100.121", "198.51.100.117", "2001:db8:1::1", "fe80::1",
		false},
	{"higher precedence", "2001:db8:1::1", "2001:db8:1::2", "10.1.2.3", "10.1.2.4", false},
	{"smaller scope", "fe80::1", "fe80::2", "2001:db8:1::1", "2001:db8:1::2", false},
	{"matching label", "2002:c633:6401::1", "2002:c633:6401::2", "2001:db8:1::1",
		"2002:c633:6401::2", false},
	{"higher precedence than 6to4", "2001:db8:1::1", "2001:db8:1::2", "2002:c633:6401::1",
		"2002:c633:6401::2", false},
	{"reachable", "198.51.100.121", "198.51.100.117", "2001:db8:1::1", NULL, false},
	{"only unique local addresses here", "198.51.100.121", "10.1.2.4", "2001:db8:1::1",
		"fd00::1", false},
	{"IPv4 rather than unique local", "10.1.2.3", "10.1.2.4", "fd00::2", "fd00::1", false},
	{"this machine", "::1", "::1", "127.0.0.1", "127.0.0.1", false},
	{"IPv4 rather than Teredo", "198.51.100.121", "198.51.100.117", "2001:0:1::1",
		"2001:0:1::2", false},
	{"the name server's order", "198.51.100.1", "198.51.100.117", "203.0.113.1",
		"198.51.100.117", true},
	{"likewise", "2001:db8:1::1", "2001:db8:3::2", "2001:db8:3f44::1", "2001:db8:3::2", true},
};

START_TEST(destinations_are_ranked)
{
	unsigned better = rank_of(pairs[_i].better, pairs[_i].better_source);
	unsigned worse = rank_of(pairs[_i].worse, pairs[_i].worse_source);
	ck_assert_msg(pairs[_i].are_equal ? better == worse : better < worse, "%s: %x, %x",
		pairs[_i].says, better, worse);
}
END_TEST

START_TEST(a_list_is_sorted_by_what_this_machine_reaches)
{
	static const char *const texts[] = {"127.0.0.3", "127.0.0.1", "::1", "127.0.0.2"};
	static const char *const sorted[] = {"::1", "127.0.0.3", "127.0.0.1", "127.0.0.2"};
	struct address_list list = {0};
	for (int i = 0; i < ROWS(texts); i++) {
		union address address = address_of(texts[i]);
		ck_assert_int_eq(address_list_add(&list, &address), 0);
	}
	destination_order_sort(&list);
	/* Without IPv6, ::1 is last. */
	bool has_v6 = list.addresses[0].any.sa_family == AF_INET6;
	for (int i = 0; i < ROWS(texts); i++) {
		union address address = address_of(sorted[has_v6 ? i : (i + 1) % ROWS(texts)]);
		ck_assert(address_is_same(&list.addresses[i], &address));
	}
	address_list_clear(&list);
	destination_order_sort(&list);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("destination_order");
	tcase_add_loop_test(tcase, destinations_are_ranked, 0, ROWS(pairs));
	tcase_add_test(tcase, a_list_is_sorted_by_what_this_machine_reaches);
	return unit_run("net/destination_order", tcase);
}
