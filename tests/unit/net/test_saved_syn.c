/* SPDX-License-Identifier: MIT */
#include "net/saved_syn.h"

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
	struct packet_mark mark = {0};
	bool has_mark = saved_syn_parse(packet, packets[_i].length, &mark);
	ck_assert_msg(has_mark == (packets[_i].family != 0), "%s", packets[_i].says);
	ck_assert_msg(mark.family == packets[_i].family, "%s", packets[_i].says);
	ck_assert_msg(mark.dscp == packets[_i].dscp, "%s: %u", packets[_i].says, mark.dscp);
}
END_TEST

START_TEST(what_is_no_connection_has_no_syn)
{
	struct packet_mark mark;
	evutil_socket_t fd = socket_open(AF_INET);
	saved_syn_keep(fd);
	ck_assert(!saved_syn_take(fd, &mark));
	ck_assert(!saved_syn_take(-1, &mark));
	socket_close(fd);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("saved_syn");
	tcase_add_loop_test(tcase, the_mark_is_that_of_the_header, 0, ROWS(packets));
	tcase_add_test(tcase, what_is_no_connection_has_no_syn);
	return unit_run("net/saved_syn", tcase);
}
