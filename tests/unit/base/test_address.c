/* SPDX-License-Identifier: MIT */
#include "base/address.h"

#include <net/if.h>
#include <string.h>

#include "../unit.h"

/* An IPv6 address with the longest text. */
#define LONGEST_V6 "1111:2222:3333:4444:5555:6666:7777:8888"

static union address make_address(const char *host, uint16_t port)
{
	union address address = {0};
	if (inet_pton(AF_INET, host, &address.v4.sin_addr) == 1) {
		address.v4.sin_family = AF_INET;
		address.v4.sin_port = htons(port);
		return address;
	}
	address = (union address){.v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)}};
	ck_assert_int_eq(inet_pton(AF_INET6, host, &address.v6.sin6_addr), 1);
	return address;
}

static const struct {
	const char *says;
	const char *host;
	uint16_t port;
	const char *text;
} texts[] = {
	{"IPv4", "192.0.2.1", 4000, "192.0.2.1:4000"},
	{"the longest IPv4", "255.255.255.255", 65535, "255.255.255.255:65535"},
	{"no port yet", "0.0.0.0", 0, "0.0.0.0:0"},
	{"IPv6 in brackets", "2001:db8::1", 4000, "[2001:db8::1]:4000"},
	{"any IPv6", "::", 1, "[::]:1"},
	{"IPv4 inside IPv6", "::ffff:192.0.2.1", 80, "[::ffff:192.0.2.1]:80"},
	{"the longest IPv6", LONGEST_V6, 65535, "[" LONGEST_V6 "]:65535"},
};

START_TEST(an_address_is_printed_as_people_write_it)
{
	union address address = make_address(texts[_i].host, texts[_i].port);
	char text[ADDRESS_TEXT_MAX];
	address_format(&address.any, text);
	ck_assert_msg(strcmp(text, texts[_i].text) == 0, "%s: %s", texts[_i].says, text);
}
END_TEST

static const struct {
	const char *says;
	int family;
} foreign[] = {
	{"none", AF_UNSPEC},
	{"of this machine", AF_UNIX},
};

START_TEST(another_family_has_no_text)
{
	struct sockaddr_storage address = {.ss_family = (sa_family_t)foreign[_i].family};
	char text[ADDRESS_TEXT_MAX] = "x";
	address_format((const struct sockaddr *)&address, text);
	ck_assert_msg(strcmp(text, "") == 0, "%s: %s", foreign[_i].says, text);
}
END_TEST

static const struct {
	const char *says;
	const char *interface; /* NULL: one that does not exist. */
	const char *zone;
	const char *text;
} zones[] = {
	{"none", "", "", "[fe80::1]:4000"},
	{"the name of an interface", "lo", "lo", "[fe80::1%lo]:4000"},
	{"an interface that is gone has no name", NULL, "", "[fe80::1]:4000"},
};

START_TEST(a_link_local_address_has_its_zone)
{
	union address address = make_address("fe80::1", 4000);
	const char *interface = zones[_i].interface;
	unsigned scope = interface ? if_nametoindex(interface) : INT32_MAX;
	if (interface && interface[0] && scope == 0)
		return; /* There is no such interface here. */
	char zone[ADDRESS_ZONE_MAX] = "x";
	address_zone(scope, zone);
	ck_assert_msg(strcmp(zone, zones[_i].zone) == 0, "%s: %s", zones[_i].says, zone);
	address.v6.sin6_scope_id = scope;
	char text[ADDRESS_TEXT_MAX];
	address_format(&address.any, text);
	ck_assert_msg(strcmp(text, zones[_i].text) == 0, "%s: %s", zones[_i].says, text);
}
END_TEST

static const struct {
	const char *says;
	int family;
	size_t length;
} lengths[] = {
	{"IPv4", AF_INET, sizeof(struct sockaddr_in)},
	{"IPv6", AF_INET6, sizeof(struct sockaddr_in6)},
};

START_TEST(an_address_is_as_long_as_its_family_says)
{
	union address address = {.any.sa_family = (sa_family_t)lengths[_i].family};
	ck_assert_msg(address_length(&address) == lengths[_i].length, "%s", lengths[_i].says);
}
END_TEST

/* An address and its zone. */
struct place {
	const char *host;
	uint16_t port;
	uint32_t zone;
};

static union address address_of(const struct place *place)
{
	union address address = make_address(place->host, place->port);
	if (place->zone)
		address.v6.sin6_scope_id = place->zone;
	return address;
}

static const struct {
	const char *says;
	struct place a;
	struct place b;
	bool is_same;
} pairs[] = {
	{"the same IPv4", {"192.0.2.1", 1, 0}, {"192.0.2.1", 1, 0}, true},
	{"another IPv4", {"192.0.2.1", 1, 0}, {"192.0.2.2", 1, 0}, false},
	{"another port", {"192.0.2.1", 1, 0}, {"192.0.2.1", 2, 0}, false},
	{"the same IPv6", {"2001:db8::1", 1, 0}, {"2001:db8:0::1", 1, 0}, true},
	{"another last byte of IPv6", {"2001:db8::1", 1, 0}, {"2001:db8::2", 1, 0}, false},
	{"another port of IPv6", {"2001:db8::1", 1, 0}, {"2001:db8::1", 2, 0}, false},
	{"the same zone", {"fe80::1", 1, 3}, {"fe80::1", 1, 3}, true},
	{"another zone", {"fe80::1", 1, 3}, {"fe80::1", 1, 4}, false},
	{"IPv4 is never IPv6", {"192.0.2.1", 1, 0}, {"::ffff:192.0.2.1", 1, 0}, false},
	{"nor when both are any", {"0.0.0.0", 1, 0}, {"::", 1, 0}, false},
};

START_TEST(addresses_differ_if_any_part_does)
{
	union address a = address_of(&pairs[_i].a);
	union address b = address_of(&pairs[_i].b);
	ck_assert_msg(address_is_same(&a, &b) == pairs[_i].is_same, "%s", pairs[_i].says);
	ck_assert_msg(address_is_same(&b, &a) == pairs[_i].is_same, "%s, turned", pairs[_i].says);
}
END_TEST

static const struct {
	const char *says;
	const char *host;
	int family;
} hosts[] = {
	{"IPv4", "192.0.2.1", AF_INET},
	{"the longest IPv4", "255.255.255.255", AF_INET},
	{"IPv4 with three parts", "192.0.2", AF_UNSPEC},
	{"IPv4 with a part above 255", "192.0.2.256", AF_UNSPEC},
	{"IPv4 with a port", "192.0.2.1:4000", AF_UNSPEC},
	{"IPv4 with a zone", "192.0.2.1%eth0", AF_UNSPEC},
	{"IPv4 with an empty zone", "192.0.2.1%", AF_UNSPEC},
	{"IPv6", "2001:db8::1", AF_INET6},
	{"any IPv6", "::", AF_INET6},
	{"the longest IPv6", LONGEST_V6, AF_INET6},
	{"IPv4 inside IPv6", "::ffff:192.0.2.1", AF_INET6},
	{"the longest IPv6 text", "1111:2222:3333:4444:5555:6666:255.255.255.255", AF_INET6},
	{"one character more than fits", "01111:2222:3333:4444:5555:6666:255.255.255.255",
		AF_UNSPEC},
	{"IPv6 in brackets", "[2001:db8::1]", AF_UNSPEC},
	{"IPv6 with two gaps", "2001::db8::1", AF_UNSPEC},
	{"a zone by name", "fe80::1%eth0", AF_INET6},
	{"a zone by number", "fe80::1%12", AF_INET6},
	{"a zone with a percent sign", "fe80::1%a%b", AF_INET6},
	{"a zone after the longest IPv6", LONGEST_V6 "%eth0", AF_INET6},
	{"an empty zone", "fe80::1%", AF_UNSPEC},
	{"just a zone", "%eth0", AF_UNSPEC},
	{"nothing", "", AF_UNSPEC},
	{"a name", "localhost", AF_UNSPEC},
	{"a name of hexadecimal digits", "cafe", AF_UNSPEC},
	{"a name that begins like IPv4", "192.0.2.1.example", AF_UNSPEC},
	{"a leading space", " 192.0.2.1", AF_UNSPEC},
	{"a trailing space", "2001:db8::1 ", AF_UNSPEC},
};

START_TEST(a_host_is_an_address_or_not)
{
	int family = address_family(hosts[_i].host);
	ck_assert_msg(family == hosts[_i].family, "%s: %d", hosts[_i].says, family);
}
END_TEST

START_TEST(a_host_of_any_length_is_read)
{
	static char host[100000] = "fe80::1%";
	size_t used = strlen(host);
	memset(host + used, '1', sizeof(host) - 1 - used);
	ck_assert_int_eq(address_family(host), AF_INET6);
	memset(host, '1', used);
	ck_assert_int_eq(address_family(host), AF_UNSPEC);
	memset(host, ':', sizeof(host) - 1);
	ck_assert_int_eq(address_family(host), AF_UNSPEC);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("address");
	tcase_add_loop_test(tcase, an_address_is_printed_as_people_write_it, 0, ROWS(texts));
	tcase_add_loop_test(tcase, another_family_has_no_text, 0, ROWS(foreign));
	tcase_add_loop_test(tcase, a_link_local_address_has_its_zone, 0, ROWS(zones));
	tcase_add_loop_test(tcase, an_address_is_as_long_as_its_family_says, 0, ROWS(lengths));
	tcase_add_loop_test(tcase, addresses_differ_if_any_part_does, 0, ROWS(pairs));
	tcase_add_loop_test(tcase, a_host_is_an_address_or_not, 0, ROWS(hosts));
	tcase_add_test(tcase, a_host_of_any_length_is_read);
	return unit_run("base/address", tcase);
}
