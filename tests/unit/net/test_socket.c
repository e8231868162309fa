/* SPDX-License-Identifier: MIT */
#include "net/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../unit.h"
#include "base/address.h"
#include "base/packet_options.h"

static const struct {
	const char *says;
	int error;
	bool is_busy;
} errors[] = {
	{"no data yet, or no room", EAGAIN, true},
	{"the same by its other name", EWOULDBLOCK, true},
	{"interrupted", EINTR, true},
	{"no buffers", ENOBUFS, true},
	{"out of memory", ENOMEM, true},
	{"reset", ECONNRESET, false},
	{"closed", EPIPE, false},
	{"timed out", ETIMEDOUT, false},
	{"closed by ourselves", EBADF, false},
	{"no error", 0, false},
};

START_TEST(busy_means_that_it_will_pass)
{
	ck_assert_msg(
		socket_is_busy(errors[_i].error) == errors[_i].is_busy, "%s", errors[_i].says);
}
END_TEST

static int get_option(int fd, int level, int name)
{
	int value = -1;
	socklen_t length = sizeof(value);
	ck_assert_int_eq(getsockopt(fd, level, name, &value, &length), 0);
	return value;
}

START_TEST(a_tuned_socket_sends_at_once_and_detects_dead_peers)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socket_tune(fd);
	ck_assert_int_ne(get_option(fd, IPPROTO_TCP, TCP_NODELAY), 0);
	ck_assert_int_ne(get_option(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
#ifdef TCP_KEEPIDLE
	ck_assert_int_eq(get_option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 30);
#endif
	close(fd);
	/* Failures are ignored. */
	socket_tune(-1);
}
END_TEST

/* A socket that listens on a free port of this machine, and its address. */
static evutil_socket_t listen_here(int family, union address *address)
{
	socklen_t length = sizeof(*address);
	*address = (union address){.v4 = {.sin_family = AF_INET}};
	address->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (family == AF_INET6)
		*address = (union address){
			.v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT}};
	evutil_socket_t fd = socket_open(family);
	if (fd < 0)
		return fd;
	socket_claim_address(fd);
	int error = socket_listen(fd, &address->any, address_length(address));
	if (!error)
		error = socket_own_address(fd, &address->any, &length);
	if (!error)
		return fd;
	socket_close(fd);
	return error;
}

/* Waits until fd is ready for events. */
static void await(evutil_socket_t fd, short events)
{
	struct pollfd poll_fd = {.fd = fd, .events = events};
	ck_assert_int_eq(poll(&poll_fd, 1, UNIT_PATIENCE_MS), 1);
}

static void check_flags(evutil_socket_t fd)
{
	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
}

struct connection {
	evutil_socket_t listen_fd;
	evutil_socket_t near_fd; /* The end that dialled. */
	evutil_socket_t far_fd;
	union address address; /* Of the listening end. */
};

/* Returns false if this machine does not have that family. */
static bool connect_to_ourselves(int family, struct connection *connection)
{
	connection->listen_fd = listen_here(family, &connection->address);
	if (connection->listen_fd < 0)
		return false;
	connection->near_fd = socket_open(family);
	ck_assert_int_ge(connection->near_fd, 0);
	int error = socket_connect(connection->near_fd, &connection->address.any,
		address_length(&connection->address));
	ck_assert(error == 0 || error == -EINPROGRESS);
	await(connection->near_fd, POLLOUT);
	await(connection->listen_fd, POLLIN);
	union address peer;
	connection->far_fd = socket_accept(connection->listen_fd, &peer);
	ck_assert_int_ge(connection->far_fd, 0);
	return true;
}

static void disconnect(struct connection *connection)
{
	socket_close(connection->near_fd);
	socket_close(connection->far_fd);
	socket_close(connection->listen_fd);
}

static const int families[] = {AF_INET, AF_INET6};

START_TEST(both_ends_of_a_connection_know_each_other)
{
	struct connection connection;
	if (!connect_to_ourselves(families[_i], &connection))
		return;
	check_flags(connection.listen_fd);
	check_flags(connection.near_fd);
	check_flags(connection.far_fd);
	ck_assert(socket_is_dialled(connection.near_fd));
	ck_assert_int_eq(socket_pending_error(connection.near_fd), 0);
	union address near = {0};
	union address far = {0};
	socklen_t length = sizeof(near);
	ck_assert_int_eq(socket_peer_address(connection.near_fd, &near.any, &length), 0);
	ck_assert_uint_eq(length, address_length(&connection.address));
	ck_assert(address_is_same(&near, &connection.address));
	length = sizeof(near);
	ck_assert_int_eq(socket_own_address(connection.near_fd, &near.any, &length), 0);
	length = sizeof(far);
	ck_assert_int_eq(socket_peer_address(connection.far_fd, &far.any, &length), 0);
	ck_assert(address_is_same(&near, &far));
	disconnect(&connection);
}
END_TEST

START_TEST(bytes_go_over_without_waiting)
{
	struct connection connection;
	ck_assert(connect_to_ourselves(AF_INET, &connection));
	char bytes[16];
	ck_assert_int_eq(socket_receive(connection.far_fd, bytes, sizeof(bytes)), -EAGAIN);
	ck_assert_int_eq(socket_send(connection.near_fd, "hello", 5), 5);
	await(connection.far_fd, POLLIN);
	ck_assert_int_eq(socket_receive(connection.far_fd, bytes, sizeof(bytes)), 5);
	ck_assert_mem_eq(bytes, "hello", 5);
	shutdown(connection.near_fd, SHUT_WR);
	await(connection.far_fd, POLLIN);
	ck_assert_int_eq(socket_receive(connection.far_fd, bytes, sizeof(bytes)), 0);
	/* Nobody reads, so at some point there is no room. */
	static const char many[65536];
	ssize_t sent = 1;
	for (int i = 0; i < 10000 && sent > 0; i++)
		sent = socket_send(connection.far_fd, many, sizeof(many));
	ck_assert_int_eq(sent, -EAGAIN);
	disconnect(&connection);
}
END_TEST

START_TEST(a_socket_can_reset_the_connection_as_it_closes)
{
	struct connection connection;
	ck_assert(connect_to_ourselves(AF_INET, &connection));
	socket_reset_on_close(connection.near_fd);
	socket_close(connection.near_fd);
	await(connection.far_fd, POLLIN);
	char bytes[16];
	ck_assert_int_eq(socket_receive(connection.far_fd, bytes, sizeof(bytes)), -ECONNRESET);
	/* This would raise SIGPIPE. */
	ck_assert_int_eq(socket_send(connection.far_fd, "x", 1), -EPIPE);
	connection.near_fd = socket_open(AF_INET);
	disconnect(&connection);
}
END_TEST

START_TEST(a_refused_connect_says_so)
{
	union address address;
	socket_close(listen_here(AF_INET, &address));
	evutil_socket_t fd = socket_open(AF_INET);
	int error = socket_connect(fd, &address.any, address_length(&address));
	if (error == -EINPROGRESS) {
		await(fd, POLLOUT);
		ck_assert(socket_is_dialled(fd));
		error = -socket_pending_error(fd);
	}
	ck_assert_int_eq(error, -ECONNREFUSED);
	socket_close(fd);
}
END_TEST

START_TEST(a_connect_in_progress_is_not_over)
{
	/* Once the backlog is full the kernel answers no SYN. */
	union address address = {.v4 = {.sin_family = AF_INET}};
	address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	socklen_t length = sizeof(address);
	evutil_socket_t listen_fd = socket_open(AF_INET);
	ck_assert_int_eq(bind(listen_fd, &address.any, address_length(&address)), 0);
	ck_assert_int_eq(listen(listen_fd, 0), 0);
	ck_assert_int_eq(socket_own_address(listen_fd, &address.any, &length), 0);
	evutil_socket_t fds[3];
	for (int i = 0; i < ROWS(fds); i++) {
		fds[i] = socket_open(AF_INET);
		int error = socket_connect(fds[i], &address.any, address_length(&address));
		ck_assert(error == 0 || error == -EINPROGRESS);
	}
	ck_assert(socket_is_dialled(fds[0]));
	ck_assert(!socket_is_dialled(fds[2]));
	ck_assert_int_eq(socket_pending_error(fds[2]), 0);
	for (int i = 0; i < ROWS(fds); i++)
		socket_close(fds[i]);
	socket_close(listen_fd);
}
END_TEST

START_TEST(a_bound_socket_dials_from_that_address)
{
	union address address;
	evutil_socket_t listen_fd = listen_here(AF_INET, &address);
	union address own = {.v4 = {.sin_family = AF_INET}};
	ck_assert_int_eq(inet_pton(AF_INET, "127.0.0.2", &own.v4.sin_addr), 1);
	evutil_socket_t fd = socket_open(AF_INET);
	if (socket_bind(fd, &own.any, address_length(&own)) == 0) {
		int error = socket_connect(fd, &address.any, address_length(&address));
		ck_assert(error == 0 || error == -EINPROGRESS);
		union address got = {0};
		socklen_t length = sizeof(got);
		ck_assert_int_eq(socket_own_address(fd, &got.any, &length), 0);
		ck_assert_uint_eq(got.v4.sin_addr.s_addr, own.v4.sin_addr.s_addr);
		ck_assert_uint_ne(got.v4.sin_port, 0);
	}
	/* RFC 5737 reserves this one for documentation. */
	inet_pton(AF_INET, "192.0.2.1", &own.v4.sin_addr);
	evutil_socket_t other_fd = socket_open(AF_INET);
	ck_assert_int_eq(socket_bind(other_fd, &own.any, address_length(&own)), -EADDRNOTAVAIL);
	socket_close(other_fd);
	socket_close(fd);
	socket_close(listen_fd);
}
END_TEST

/* The codepoint is the upper six bits of the octet (RFC 2474 section 3). */
static const struct {
	const char *says;
	int family;
	int level;
	int name;
	unsigned dscp;
	int octet;
} marks[] = {
	{"IPv4, best effort", AF_INET, IPPROTO_IP, IP_TOS, 0, 0},
	{"IPv4, expedited forwarding", AF_INET, IPPROTO_IP, IP_TOS, 46, 0xb8},
	{"IPv4, the largest", AF_INET, IPPROTO_IP, IP_TOS, 63, 0xfc},
	{"IPv6, expedited forwarding", AF_INET6, IPPROTO_IPV6, IPV6_TCLASS, 46, 0xb8},
	{"IPv6, the largest", AF_INET6, IPPROTO_IPV6, IPV6_TCLASS, 63, 0xfc},
};

START_TEST(a_mark_is_the_upper_six_bits)
{
	evutil_socket_t fd = socket_open(marks[_i].family);
	if (fd < 0)
		return; /* This machine has no IPv6. */
	ck_assert_int_eq(socket_mark(fd, marks[_i].family, marks[_i].dscp), 0);
	ck_assert_msg(get_option(fd, marks[_i].level, marks[_i].name) == marks[_i].octet, "%s",
		marks[_i].says);
	socket_close(fd);
}
END_TEST

/* Linux looks at the descriptor first, others at the name. */
#ifdef SO_BINDTODEVICE
#define NO_INTERFACE (-EBADF)
#else
#define NO_INTERFACE (-ENODEV)
#endif

#ifdef SO_BINDTODEVICE

START_TEST(a_socket_is_bound_to_an_interface_that_there_is)
{
	evutil_socket_t fd = socket_open(AF_INET);
	ck_assert_int_eq(socket_bind_interface(fd, AF_INET, "no-such-one"), -ENODEV);
	ck_assert_int_eq(socket_bind_interface(fd, AF_INET, "lo"), 0);
	char name[16] = "";
	socklen_t length = sizeof(name);
	if (!unit_is_emulated()) {
		ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &length), 0);
		ck_assert_str_eq(name, "lo");
	}
	socket_close(fd);
}
END_TEST

#endif

START_TEST(calls_fail_with_the_systems_errno)
{
	union address address;
	socklen_t length = sizeof(address);
	char byte;
	ck_assert_int_eq(socket_open(-1), -EAFNOSUPPORT);
	ck_assert_int_eq(socket_errno(), EAFNOSUPPORT);
	union address peer;
	ck_assert_int_eq(socket_accept(-1, &peer), -EBADF);
	ck_assert_int_eq(socket_own_address(-1, &address.any, &length), -EBADF);
	ck_assert_int_eq(socket_peer_address(-1, &address.any, &length), -EBADF);
	ck_assert_int_eq(socket_mark(-1, AF_INET, 0), -EBADF);
	if (packet_interface_is_possible())
		ck_assert_int_eq(socket_bind_interface(-1, AF_INET, "no-such-one"), NO_INTERFACE);
	else
		ck_assert_int_eq(socket_bind_interface(-1, AF_INET, "any"), -EOPNOTSUPP);
	ck_assert_int_eq(socket_pending_error(-1), EBADF);
	ck_assert_int_eq(socket_send(-1, "x", 1), -EBADF);
	ck_assert_int_eq(socket_receive(-1, &byte, 1), -EBADF);
	evutil_socket_t fd = socket_open(AF_INET);
	length = sizeof(address);
	ck_assert_int_eq(socket_accept(fd, &peer), -EINVAL);
	ck_assert_int_eq(socket_peer_address(fd, &address.any, &length), -ENOTCONN);
	socket_close(fd);
}
END_TEST

/* Of another program's process. */
START_TEST(sockets_leave_the_low_descriptors_alone)
{
	struct rlimit limit;
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	socket_stay_above(300);
	if (_i == 0) {
		evutil_socket_t fd = socket_open(AF_INET);
		ck_assert_int_ge((int)fd, 300);
		ck_assert_int_ne(fcntl((int)fd, F_GETFD) & FD_CLOEXEC, 0);
		ck_assert_int_ne(fcntl((int)fd, F_GETFL) & O_NONBLOCK, 0);
		ck_assert_int_eq((int)socket_move_up(fd), (int)fd);
		socket_close(fd);
		ck_assert_int_eq((int)socket_move_up(-EMFILE), -EMFILE);
	} else {
		/* A low one is better than none. */
		limit.rlim_cur = 200;
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
		evutil_socket_t fd = socket_open(AF_INET);
		ck_assert_int_ge((int)fd, 0);
		ck_assert_int_lt((int)fd, 200);
		socket_close(fd);
	}
	socket_stay_above(0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("socket");
	tcase_add_loop_test(tcase, busy_means_that_it_will_pass, 0, ROWS(errors));
	tcase_add_test(tcase, a_tuned_socket_sends_at_once_and_detects_dead_peers);
	tcase_add_loop_test(tcase, both_ends_of_a_connection_know_each_other, 0, ROWS(families));
	tcase_add_test(tcase, bytes_go_over_without_waiting);
	tcase_add_test(tcase, a_socket_can_reset_the_connection_as_it_closes);
	tcase_add_test(tcase, a_refused_connect_says_so);
	tcase_add_test(tcase, a_connect_in_progress_is_not_over);
	tcase_add_test(tcase, a_bound_socket_dials_from_that_address);
	tcase_add_loop_test(tcase, a_mark_is_the_upper_six_bits, 0, ROWS(marks));
	tcase_add_loop_test(tcase, sockets_leave_the_low_descriptors_alone, 0, 2);
#ifdef SO_BINDTODEVICE
	tcase_add_test(tcase, a_socket_is_bound_to_an_interface_that_there_is);
#endif
	tcase_add_test(tcase, calls_fail_with_the_systems_errno);
	return unit_run("net/socket", tcase);
}
