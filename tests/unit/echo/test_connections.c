/* SPDX-License-Identifier: MIT */
#include "echo/connections.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit.h"
#include "base/clock.h"
#include "echo/frame.h"
#include "echo/stamp.h"

#define PEERS_MAX 20
/* What the connections read at once, and how many turns the greedy ones get between two polls. */
#define READ_SIZE 4096
#define TURNS 4

static struct {
	struct event_base *base;
	struct admission *admission;
	struct server_counters counters;
	struct connections *connections;
	int peers[PEERS_MAX];
	size_t peer_count;
} fixture;

static void set_up(void)
{
	memset(&fixture, 0, sizeof(fixture));
	const struct networks everyone = {0};
	fixture.base = event_base_new();
	ck_assert_int_eq(admission_new(&everyone, 0, &fixture.admission), 0);
	admission_limit(fixture.admission, PEERS_MAX, PEERS_MAX, true);
	ck_assert_int_eq(connections_new(fixture.base, fixture.admission, &fixture.counters, true,
				 &fixture.connections),
		0);
}

static void tear_down(void)
{
	connections_free(fixture.connections);
	admission_free(fixture.admission);
	event_base_free(fixture.base);
	for (size_t i = 0; i < fixture.peer_count; i++)
		close(fixture.peers[i]);
}

/* Returns the peer's end. */
static int add_peer(void)
{
	int fds[2];
	struct newcomer newcomer = {
		.address = {.v4 = {.sin_family = AF_INET,
				    .sin_port = htons((uint16_t)(1000 + fixture.peer_count))}},
		.now = {.unix_ns = 50 - (int64_t)fixture.peer_count},
		.syn = {AF_INET, 46, 57, 1460},
	};
	enum server_reject why;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(fcntl(fds[i], F_SETFL, O_NONBLOCK), 0);
	ck_assert(admission_enter(fixture.admission, &newcomer.address, &newcomer.host, &why));
	ck_assert_int_eq(connections_add(fixture.connections, fds[1], &newcomer), 0);
	fixture.peers[fixture.peer_count++] = fds[0];
	return fds[0];
}

/* Sends frames that are all zero, up to size bytes; returns how many bytes were taken. */
static size_t send_frames(int peer, size_t size)
{
	static const unsigned char zeros[FRAME_SIZE * 256];
	size_t sent = 0;
	while (sent < size) {
		size_t left = size - sent;
		ssize_t length = send(peer, zeros, left < sizeof(zeros) ? left : sizeof(zeros), 0);
		if (length <= 0)
			break;
		sent += (size_t)length;
	}
	return sent;
}

/* Returns how many bytes came back since; -1 at the end. */
static ssize_t read_back(int peer)
{
	unsigned char bytes[65536];
	ssize_t total = 0;
	for (;;) {
		ssize_t length = recv(peer, bytes, sizeof(bytes), 0);
		if (length > 0)
			total += length;
		else
			return total == 0 && length == 0 ? -1 : total;
	}
}

static void poll_once(void)
{
	event_base_loop(fixture.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

START_TEST(greedy_peers_do_not_keep_others_waiting)
{
	enum { GREEDY = 12 };
	int greedy[GREEDY];
	size_t backs[GREEDY] = {0};
	for (int i = 0; i < GREEDY; i++) {
		greedy[i] = add_peer();
		ck_assert_uint_gt(send_frames(greedy[i], SIZE_MAX), (size_t)10 * READ_SIZE);
	}
	int polite = add_peer();
	/* All of them are new, and each is read once. */
	ck_assert_uint_eq(send_frames(polite, FRAME_SIZE), FRAME_SIZE);
	poll_once();
	ck_assert_int_eq(read_back(polite), FRAME_SIZE);
	for (int i = 0; i < GREEDY; i++)
		backs[i] += (size_t)read_back(greedy[i]);
	for (int turn = 0; turn < 30; turn++) {
		size_t all = 0;
		size_t most = 0;
		size_t least = SIZE_MAX;
		ck_assert_uint_eq(send_frames(polite, FRAME_SIZE), FRAME_SIZE);
		poll_once();
		ck_assert_msg(read_back(polite) == FRAME_SIZE, "turn %d", turn);
		for (int i = 0; i < GREEDY; i++) {
			size_t back = (size_t)read_back(greedy[i]);
			send_frames(greedy[i], SIZE_MAX);
			all += back;
			backs[i] += back;
			most = backs[i] > most ? backs[i] : most;
			least = backs[i] < least ? backs[i] : least;
		}
		ck_assert_uint_le(all, (size_t)TURNS * READ_SIZE);
		ck_assert_uint_le(most - least, (size_t)2 * READ_SIZE);
	}
}
END_TEST

static const struct {
	const char *says;
	size_t size;
	bool half_closes; /* The peer closes its direction right after sending. */
} bursts[] = {
	{"one frame", FRAME_SIZE, false},
	{"as much as keeps it out of the line", 512, false},
	{"a little more", 512 + FRAME_SIZE, false},
	{"just what is read at once", READ_SIZE, false},
	{"a little more than that", READ_SIZE + FRAME_SIZE, false},
	{"a lot", (size_t)16 * READ_SIZE, false},
	{"one frame and the end", FRAME_SIZE, true},
	{"a readful and the end", READ_SIZE, true},
	{"a lot and the end", (size_t)16 * READ_SIZE, true},
	{"nothing but the end", 0, true},
};

START_TEST(every_byte_comes_back_and_the_end_is_seen)
{
	int peer = add_peer();
	int other = add_peer();
	ck_assert_uint_eq(send_frames(peer, bursts[_i].size), bursts[_i].size);
	if (bursts[_i].half_closes)
		shutdown(peer, SHUT_WR);
	size_t back = 0;
	bool is_over = false;
	for (int turn = 0; turn < 40; turn++) {
		poll_once();
		ssize_t length = read_back(peer);
		is_over = is_over || length < 0;
		back += length > 0 ? (size_t)length : 0;
	}
	ck_assert_msg(back == bursts[_i].size, "%s: %zu bytes", bursts[_i].says, back);
	ck_assert_msg(is_over == bursts[_i].half_closes, "%s", bursts[_i].says);
	struct server_values values;
	server_counters_read(&fixture.counters, &values);
	ck_assert_uint_eq(values.frames, bursts[_i].size / FRAME_SIZE);
	ck_assert_uint_eq(values.closed[SERVER_CLOSE_CLOSED], bursts[_i].half_closes ? 1 : 0);
	ck_assert_uint_eq(values.connections, bursts[_i].half_closes ? 1 : 2);
	(void)other;
}
END_TEST

START_TEST(who_ends_while_in_the_line_leaves_it)
{
	int peers[6];
	for (int i = 0; i < 6; i++) {
		peers[i] = add_peer();
		send_frames(peers[i], SIZE_MAX);
	}
	poll_once();
	/* The first, the last, and some in between. */
	connections_end_youngest(fixture.connections, 2, SERVER_CLOSE_LIMIT);
	shutdown(peers[0], SHUT_RDWR);
	for (int turn = 0; turn < 400; turn++) {
		for (int i = 1; i < 4; i++)
			read_back(peers[i]);
		poll_once();
	}
	struct server_values values;
	server_counters_read(&fixture.counters, &values);
	ck_assert_uint_eq(values.connections, 3);
	ck_assert_uint_eq(values.closed[SERVER_CLOSE_LIMIT], 2);
	for (int i = 1; i < 4; i++) {
		ck_assert_uint_eq(send_frames(peers[i], FRAME_SIZE), FRAME_SIZE);
		poll_once();
		ck_assert_int_eq(read_back(peers[i]), FRAME_SIZE);
	}
}
END_TEST

START_TEST(the_youngest_end_first)
{
	int first = add_peer();
	int second = add_peer();
	int third = add_peer();
	connections_end_youngest(fixture.connections, 2, SERVER_CLOSE_LIMIT);
	ck_assert_int_eq(read_back(third), -1);
	ck_assert_int_eq(read_back(second), -1);
	ck_assert_int_eq(read_back(first), 0);
}
END_TEST

/* Reads what came back, up to size bytes; waits for it. */
static size_t read_whole(int peer, unsigned char *bytes, size_t size)
{
	size_t length = 0;
	for (int i = 0; i < 100 && length < size; i++) {
		poll_once();
		ssize_t got = recv(peer, bytes + length, size - length, 0);
		if (got > 0)
			length += (size_t)got;
	}
	return length;
}

START_TEST(whoever_asks_gets_stamps)
{
	int peer = add_peer();
	const struct frame frame = {.seq = 9, .unix_time_ns = 99};
	unsigned char bytes[HELLO_SIZE + FRAME_SIZE + FRAME_STAMPED_SIZE] = {0};
	unsigned char back[sizeof(bytes)];
	hello_encode(123, bytes);
	frame_encode(FRAME_FORMAT_PLAIN, &frame, bytes + HELLO_SIZE);
	unsigned char *stamped = bytes + HELLO_SIZE + FRAME_SIZE;
	frame_encode(FRAME_FORMAT_PLAIN, &frame, stamped);
	frame_set_type(stamped, FRAME_TYPE_STAMPED);
	int64_t before_ns = clock_wall().unix_ns;
	ck_assert_int_eq(send(peer, bytes, sizeof(bytes), 0), (ssize_t)sizeof(bytes));
	ck_assert_uint_eq(read_whole(peer, back, sizeof(back)), sizeof(back));
	ck_assert(hello_is_accepted(123, back));
	ck_assert_mem_eq(back + HELLO_SIZE, bytes + HELLO_SIZE, (size_t)2 * FRAME_SIZE);
	struct stamp stamp;
	stamp_decode(back + HELLO_SIZE + FRAME_SIZE, &stamp);
	ck_assert_uint_eq(stamp.version, STAMP_VERSION);
	ck_assert(stamp.received_unix_ns >= before_ns);
	ck_assert(stamp.received_unix_ns + stamp.residence_ns <= clock_wall().unix_ns);
	ck_assert_uint_eq(stamp.ttl, 57);
	ck_assert_uint_eq(stamp.dscp, 46);
	ck_assert_uint_eq(stamp.mss, 1460);
	/* The hello came without a timestamp, and what came with it. */
	ck_assert_uint_eq(stamp.flags & STAMP_ESTIMATED, STAMP_ESTIMATED);
	ck_assert_uint_eq(fixture.counters.frames, 2);
	/* Another type ends it, after what was good. */
	frame_set_type(bytes, (enum frame_type)7);
	memcpy(bytes + FRAME_STAMPED_SIZE, bytes, FRAME_SIZE);
	memmove(bytes, stamped, FRAME_STAMPED_SIZE);
	ck_assert_int_eq(send(peer, bytes, FRAME_STAMPED_SIZE + FRAME_SIZE, 0),
		FRAME_STAMPED_SIZE + FRAME_SIZE);
	poll_once();
	ck_assert_int_eq(read_back(peer), FRAME_STAMPED_SIZE);
	ck_assert_int_eq(read_back(peer), -1);
	ck_assert_uint_eq(fixture.counters.closed[SERVER_CLOSE_INVALID], 1);
}
END_TEST

/* What is listed, as "port:frames" each. */
static void check_listed(size_t limit, const char *expected)
{
	struct server_peer *peers;
	size_t count;
	char text[256] = "";
	ck_assert_int_eq(connections_list(fixture.connections, limit, &peers, &count), 0);
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(text);
		snprintf(text + length, sizeof(text) - length, "%s%s=%d", i > 0 ? " " : "",
			strrchr(peers[i].address, ':') + 1, (int)peers[i].frames);
	}
	ck_assert_str_eq(text, expected);
	free(peers);
}

START_TEST(lists_those_with_the_most_frames)
{
	check_listed(10, "");
	int first = add_peer();
	add_peer();
	add_peer();
	/* The later it was added, the older it says to be. */
	check_listed(10, "1002=0 1001=0 1000=0");
	send_frames(first, (size_t)3 * FRAME_SIZE + 1);
	poll_once();
	check_listed(10, "1000=3 1002=0 1001=0");
	check_listed(2, "1000=3 1002=0");
	check_listed(0, "");
	shutdown(first, SHUT_RDWR);
	poll_once();
	check_listed(10, "1002=0 1001=0");
	struct server_peer *peers;
	size_t count;
	ck_assert_int_eq(connections_list(fixture.connections, 1, &peers, &count), 0);
	ck_assert_int_eq(peers[0].since_unix_ns, 48);
	ck_assert_str_eq(peers[0].address, "0.0.0.0:1002");
	free(peers);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("connections");
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, greedy_peers_do_not_keep_others_waiting);
	tcase_add_loop_test(tcase, every_byte_comes_back_and_the_end_is_seen, 0, ROWS(bursts));
	tcase_add_test(tcase, who_ends_while_in_the_line_leaves_it);
	tcase_add_test(tcase, the_youngest_end_first);
	tcase_add_test(tcase, whoever_asks_gets_stamps);
	tcase_add_test(tcase, lists_those_with_the_most_frames);
	return unit_run("echo/connections", tcase);
}
