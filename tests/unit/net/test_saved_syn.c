/* SPDX-License-Identifier: MIT */
#include "net/saved_syn.h"

#include <string.h>
#include <sys/socket.h>

#include "../unit.h"
#include "net/socket.h"

static const struct {
	const char *says;
	unsigned char begin[2];
	size_t length;
	int family; /* 0: no mark. */
	unsigned dscp;
} packets[] = {
	{"IPv4, not marked", {0x45, 0}, 60, AF_INET, 0},
	{"IPv4, expedited forwarding", {0x45, 0xb8}, 60, AF_INET, 46},
	{"IPv4, the bits of ECN are no part of it", {0x45, 0xbb}, 60, AF_INET, 46},
	{"IPv4, the largest", {0x45, 0xfc}, 60, AF_INET, 63},
	{"IPv4 with options", {0x4f, 0x28}, 100, AF_INET, 10},
	{"IPv4, just a header", {0x45, 0xb8}, 20, AF_INET, 46},
	{"IPv4, cut short", {0x45, 0xb8}, 19, 0, 0},
	{"IPv6, not marked", {0x60, 0}, 80, AF_INET6, 0},
	{"IPv6, expedited forwarding", {0x6b, 0x80}, 80, AF_INET6, 46},
	{"IPv6, ECN and flow label are no part of it", {0x6b, 0xbf}, 80, AF_INET6, 46},
	{"IPv6, the largest", {0x6f, 0xc0}, 80, AF_INET6, 63},
	{"IPv6, cut short", {0x6b, 0x80}, 39, 0, 0},
	{"another version", {0x55, 0xb8}, 60, 0, 0},
	{"nothing", {0x45, 0xb8}, 0, 0, 0},
};

START_TEST(the_mark_is_that_of_the_header)
{
	unsigned char packet[128] = {packets[_i].begin[0], packets[_i].begin[1]};
	struct saved_syn syn = {0};
	bool is_packet = saved_syn_parse(packet, packets[_i].length, &syn);
	ck_assert_msg(is_packet == (packets[_i].family != 0), "%s", packets[_i].says);
	ck_assert_msg(syn.family == packets[_i].family, "%s", packets[_i].says);
	ck_assert_msg(syn.dscp == packets[_i].dscp, "%s: %u", packets[_i].says, syn.dscp);
}
END_TEST

/* Of IPv4: 20 bytes, then TCP's 20, and these options. */
static const struct {
	const char *says;
	unsigned char options[12];
	size_t length;	/* Of the options that are there. */
	unsigned words; /* Of TCP's header, as it says. */
	unsigned mss;
} option_rows[] = {
	{"no options", {0}, 0, 5, 0},
	{"the size alone", {2, 4, 5, 0xb4}, 4, 6, 1460},
	{"the greatest", {2, 4, 0xff, 0xff}, 4, 6, 65535},
	{"behind nothing, and another", {1, 4, 2, 1, 2, 4, 5, 0xac}, 8, 7, 1452},
	{"behind the end", {0, 2, 4, 5, 0xb4}, 8, 7, 0},
	{"none of that length", {2, 5, 5, 0xb4, 0}, 8, 7, 0},
	{"behind one without a length", {3, 0, 2, 4, 5, 0xb4}, 8, 7, 0},
	{"behind one that is too long", {3, 200, 2, 4, 5, 0xb4}, 8, 7, 0},
	{"behind a length of 1", {3, 1, 2, 4, 5, 0xb4}, 8, 7, 0},
	{"a kind without its length at the end", {1, 1, 1, 2}, 4, 6, 0},
	{"cut short", {2, 4, 5}, 3, 6, 0},
	{"behind the header", {2, 4, 5, 0xb4}, 4, 5, 0},
	{"a header that claims more than there is", {2, 4, 5, 0xb4}, 4, 15, 1460},
	{"a header that claims less than the least", {2, 4, 5, 0xb4}, 4, 0, 0},
};

START_TEST(the_segment_size_is_an_option_of_tcp)
{
	unsigned char packet[64] = {0x45};
	packet[8] = 57;
	packet[32] = (unsigned char)(option_rows[_i].words << 4);
	memcpy(packet + 40, option_rows[_i].options, sizeof(option_rows[_i].options));
	struct saved_syn syn;
	ck_assert(saved_syn_parse(packet, 40 + option_rows[_i].length, &syn));
	ck_assert_msg(syn.mss == option_rows[_i].mss, "%s: %u", option_rows[_i].says, syn.mss);
	ck_assert_uint_eq(syn.ttl, 57);
}
END_TEST

/* Of IPv6: what stands between its header and TCP's. */
static const struct {
	const char *says;
	unsigned char next; /* As the first header says. */
	unsigned char headers[24];
	size_t length;
	unsigned mss;
} extension_rows[] = {
	{"nothing", 6, {0}, 0, 1440},
	{"options for each hop", 0, {6, 0}, 8, 1440},
	{"a longer one", 60, {6, 1}, 16, 1440},
	{"two of them", 0, {43, 0, 0, 0, 0, 0, 0, 0, 6, 1}, 24, 1440},
	{"a fragment, which no SYN is", 44, {6, 0}, 8, 0},
	{"longer than the packet", 0, {6, 255}, 8, 0},
	{"another protocol", 17, {0}, 0, 0},
	{"for ever the same", 0, {0}, 24, 0},
};

START_TEST(ipv6_may_have_headers_before_that_of_tcp)
{
	static const unsigned char size[4] = {2, 4, 5, 0xa0};
	unsigned char packet[40 + 24 + 24] = {0x6b, 0x80};
	size_t length = extension_rows[_i].length;
	packet[6] = extension_rows[_i].next;
	packet[7] = 58;
	memcpy(packet + 40, extension_rows[_i].headers, length);
	packet[40 + length + 12] = 6 << 4;
	memcpy(packet + 60 + length, size, sizeof(size));
	struct saved_syn syn;
	ck_assert(saved_syn_parse(packet, 64 + length, &syn));
	ck_assert_msg(
		syn.mss == extension_rows[_i].mss, "%s: %u", extension_rows[_i].says, syn.mss);
	ck_assert_uint_eq(syn.ttl, 58);
	ck_assert_uint_eq(syn.dscp, 46);
}
END_TEST

START_TEST(what_is_no_connection_has_no_syn)
{
	struct saved_syn syn;
	evutil_socket_t fd = socket_open(AF_INET);
	saved_syn_keep(fd);
	ck_assert(!saved_syn_take(fd, &syn));
	ck_assert(!saved_syn_take(-1, &syn));
	socket_close(fd);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("saved_syn");
	tcase_add_loop_test(tcase, the_mark_is_that_of_the_header, 0, ROWS(packets));
	tcase_add_loop_test(tcase, the_segment_size_is_an_option_of_tcp, 0, ROWS(option_rows));
	tcase_add_loop_test(
		tcase, ipv6_may_have_headers_before_that_of_tcp, 0, ROWS(extension_rows));
	tcase_add_test(tcase, what_is_no_connection_has_no_syn);
	return unit_run("net/saved_syn", tcase);
}
