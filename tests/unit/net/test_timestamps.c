/* SPDX-License-Identifier: MIT */
#include "net/timestamps.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit.h"
#include "base/clock.h"

/* A TCP connection from this machine to itself. */
struct connection {
	int near_fd;
	int far_fd;
};

static struct connection connect_to_ourselves(void)
{
	struct connection connection;
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int listen_fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(listen_fd, (struct sockaddr *)&address, length), 0);
	ck_assert_int_eq(listen(listen_fd, 1), 0);
	ck_assert_int_eq(getsockname(listen_fd, (struct sockaddr *)&address, &length), 0);
	connection.near_fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(
		connect(connection.near_fd, (struct sockaddr *)&address, sizeof(address)), 0);
	connection.far_fd = accept(listen_fd, NULL, NULL);
	ck_assert_int_ge(connection.far_fd, 0);
	close(listen_fd);
	return connection;
}

static void disconnect(struct connection *connection)
{
	close(connection->near_fd);
	close(connection->far_fd);
}

static void wait_readable(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	ck_assert_int_eq(poll(&poll_fd, 1, UNIT_PATIENCE_MS), 1);
}

START_TEST(the_kernel_says_when_bytes_arrived_not_when_they_were_read)
{
	struct connection connection = connect_to_ourselves();
	if (!timestamps_enable(connection.near_fd)) {
		disconnect(&connection);
		return;
	}
	/* The kernel turns its timestamps on with a delay, in the background, and off when another process ends; without
	 * one the attempt says nothing. */
	struct wall_time timestamp = WALL_TIME_UNKNOWN;
	int64_t departure_ns = 0;
	int64_t readable_ns = 0;
	int64_t ahead_ns = 0;
	int64_t slack_ns = 0;
	char bytes[16];
	for (int i = 0; i < 1000 && !wall_time_is_known(timestamp); i++) {
		departure_ns = clock_monotonic_ns();
		ck_assert_int_eq(send(connection.far_fd, "0123456789", 10, 0), 10);
		wait_readable(connection.near_fd);
		readable_ns = clock_monotonic_ns();
		clock_sleep_until(readable_ns + 5 * NS_PER_MS);
		int64_t before_ns = clock_monotonic_ns();
		ahead_ns = clock_wall().unix_ns - before_ns;
		/* The one clock was read in the meantime. */
		slack_ns = clock_monotonic_ns() - before_ns + NS_PER_MS;
		ck_assert_int_eq(
			timestamps_receive(connection.near_fd, bytes, sizeof(bytes), &timestamp),
			10);
	}
	ck_assert_mem_eq(bytes, "0123456789", 10);
	ck_assert(wall_time_is_known(timestamp));
	ck_assert_int_ge(timestamp.unix_ns - ahead_ns, departure_ns - slack_ns);
	ck_assert_int_le(timestamp.unix_ns - ahead_ns, readable_ns + slack_ns);
	disconnect(&connection);
}
END_TEST

START_TEST(receiving_does_not_wait)
{
	struct connection connection = connect_to_ourselves();
	char bytes[16];
	struct wall_time timestamp;
	ck_assert_int_eq(
		timestamps_receive(connection.near_fd, bytes, sizeof(bytes), &timestamp), -EAGAIN);
	disconnect(&connection);
}
END_TEST

START_TEST(without_asking_there_is_no_timestamp)
{
	struct connection connection = connect_to_ourselves();
	char bytes[4];
	struct wall_time timestamp = {12345};
	ck_assert_int_eq(send(connection.far_fd, "abcdef", 6, 0), 6);
	wait_readable(connection.near_fd);
	ck_assert_int_eq(
		timestamps_receive(connection.near_fd, bytes, sizeof(bytes), &timestamp), 4);
	ck_assert_mem_eq(bytes, "abcd", 4);
	ck_assert(!wall_time_is_known(timestamp));
	disconnect(&connection);
}
END_TEST

START_TEST(the_end_of_the_stream_is_not_an_error)
{
	struct connection connection = connect_to_ourselves();
	char bytes[16];
	struct wall_time timestamp = {12345};
	timestamps_enable(connection.near_fd);
	shutdown(connection.far_fd, SHUT_WR);
	wait_readable(connection.near_fd);
	ck_assert_int_eq(
		timestamps_receive(connection.near_fd, bytes, sizeof(bytes), &timestamp), 0);
	ck_assert(!wall_time_is_known(timestamp));
	disconnect(&connection);
	connection = connect_to_ourselves();
	struct linger linger = {.l_onoff = 1};
	setsockopt(connection.far_fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(connection.far_fd);
	wait_readable(connection.near_fd);
	ck_assert_int_eq(timestamps_receive(connection.near_fd, bytes, sizeof(bytes), &timestamp),
		-ECONNRESET);
	close(connection.near_fd);
	ck_assert_int_eq(timestamps_receive(-1, bytes, sizeof(bytes), &timestamp), -EBADF);
}
END_TEST

START_TEST(a_descriptor_that_is_not_a_socket_gives_no_timestamps)
{
	int ends[2];
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert(!timestamps_enable(ends[0]));
	close(ends[0]);
	close(ends[1]);
	ck_assert(!timestamps_enable(-1));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("timestamps");
	tcase_add_test(tcase, the_kernel_says_when_bytes_arrived_not_when_they_were_read);
	tcase_add_test(tcase, receiving_does_not_wait);
	tcase_add_test(tcase, without_asking_there_is_no_timestamp);
	tcase_add_test(tcase, the_end_of_the_stream_is_not_an_error);
	tcase_add_test(tcase, a_descriptor_that_is_not_a_socket_gives_no_timestamps);
	return unit_run("net/timestamps", tcase);
}
