/* SPDX-License-Identifier: MIT */
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../unit.h"
#include "base/address.h"
#include "base/text.h"

static struct endpoint endpoint_of(const char *text)
{
	struct endpoint endpoint;
	const char *reason;
	ck_assert_int_eq(endpoint_parse(text, ENDPOINT_TO_LISTEN, &endpoint, &reason), 0);
	return endpoint;
}

static const struct log silence;

static struct listeners listen_on(const char *text)
{
	struct endpoint endpoint = endpoint_of(text);
	struct text_error error = {0};
	struct listeners listeners;
	ck_assert_msg(
		listeners_open(&endpoint, &silence, &listeners, &error) == 0, "%s", error.reason);
	ck_assert_uint_ge(listeners.count, 1);
	return listeners;
}

/* Of the last address. */
static uint16_t port_of(const struct listeners *listeners)
{
	return (uint16_t)strtoul(strrchr(listeners->text, ':') + 1, NULL, 10);
}

/* Returns a socket or a negative errno. */
static int connect_to(int family, uint16_t port)
{
	struct sockaddr_storage address = {0};
	socklen_t length = sizeof(struct sockaddr_in);
	if (family == AF_INET) {
		struct sockaddr_in v4 = {.sin_family = AF_INET,
			.sin_port = htons(port),
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		memcpy(&address, &v4, sizeof(v4));
	} else {
		struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
			.sin6_port = htons(port),
			.sin6_addr = IN6ADDR_LOOPBACK_INIT};
		memcpy(&address, &v6, sizeof(v6));
		length = sizeof(v6);
	}
	int fd = socket(family, SOCK_STREAM, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, length) == 0)
		return fd;
	int error = -errno;
	if (fd >= 0)
		close(fd);
	return error;
}

static void check_served(int family, uint16_t port)
{
	int fd = connect_to(family, port);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static bool has_ipv6(void)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	bool has = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	if (fd >= 0)
		close(fd);
	return has;
}

START_TEST(without_a_host_both_families_are_served_by_one_socket)
{
	struct listeners listeners = listen_on(":0");
	ck_assert_uint_eq(listeners.count, 1);
	ck_assert_uint_ne(port_of(&listeners), 0);
	check_served(AF_INET, port_of(&listeners));
	if (has_ipv6()) {
		ck_assert_ptr_eq(strstr(listeners.text, "[::]:"), listeners.text);
		check_served(AF_INET6, port_of(&listeners));
	}
	listeners_close(&listeners);
}
END_TEST

START_TEST(a_single_host_is_served_alone)
{
	struct listeners listeners = listen_on("127.0.0.1:0");
	ck_assert_uint_eq(listeners.count, 1);
	ck_assert_ptr_eq(strstr(listeners.text, "127.0.0.1:"), listeners.text);
	check_served(AF_INET, port_of(&listeners));
	if (has_ipv6())
		ck_assert_int_eq(connect_to(AF_INET6, port_of(&listeners)), -ECONNREFUSED);
	listeners_close(&listeners);
}
END_TEST

START_TEST(the_socket_neither_blocks_nor_is_inherited)
{
	struct listeners listeners = listen_on("127.0.0.1:0");
	int fd = listeners.fds[0];
	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_lt(accept(fd, NULL, NULL), 0);
	ck_assert_int_eq(errno, EAGAIN);
	listeners_close(&listeners);
}
END_TEST

START_TEST(all_addresses_of_a_name_are_served_on_one_port)
{
	struct listeners listeners = listen_on("localhost:0");
	uint16_t port = port_of(&listeners);
	char v4[ADDRESS_TEXT_MAX];
	snprintf(v4, sizeof(v4), "127.0.0.1:%u", port);
	ck_assert_ptr_nonnull(strstr(listeners.text, v4));
	check_served(AF_INET, port);
	if (has_ipv6()) {
		char v6[ADDRESS_TEXT_MAX];
		snprintf(v6, sizeof(v6), "[::1]:%u", port);
		ck_assert_ptr_nonnull(strstr(listeners.text, v6));
		check_served(AF_INET6, port);
	}
	listeners_close(&listeners);
	ck_assert_uint_eq(listeners.count, 0);
}
END_TEST

START_TEST(several_endpoints_are_served_together)
{
	struct endpoint endpoints[] = {endpoint_of("127.0.0.1:0"), endpoint_of("127.0.0.1:0")};
	struct listeners listeners;
	struct text_error error;
	ck_assert_int_eq(listeners_open_all(endpoints, 2, &silence, &listeners, &error), 0);
	ck_assert_uint_eq(listeners.count, 2);
	ck_assert_ptr_nonnull(strstr(listeners.text, ", 127.0.0.1:"));
	uint16_t first = (uint16_t)strtoul(strchr(listeners.text, ':') + 1, NULL, 10);
	check_served(AF_INET, first);
	check_served(AF_INET, port_of(&listeners));
	listeners_close(&listeners);
	/* If the second fails, nothing of the first is left. */
	endpoints[0].port = first;
	endpoints[1] = endpoint_of("192.0.2.1:1");
	ck_assert_int_eq(
		listeners_open_all(endpoints, 2, &silence, &listeners, &error), -EADDRNOTAVAIL);
	ck_assert_str_eq(
		error.reason, "cannot listen on 192.0.2.1:1: not an address of this machine");
	ck_assert_int_lt(connect_to(AF_INET, first), 0);
}
END_TEST

START_TEST(too_many_endpoints_are_refused)
{
	struct endpoint endpoints[LISTENERS_MAX + 1];
	for (int i = 0; i <= LISTENERS_MAX; i++)
		endpoints[i] = endpoint_of("127.0.0.1:0");
	struct listeners listeners = {0};
	struct text_error error;
	ck_assert_int_eq(
		listeners_open_all(endpoints, LISTENERS_MAX + 1, &silence, &listeners, &error),
		-E2BIG);
	ck_assert_str_eq(error.reason, "cannot listen on more than 16 addresses");
	ck_assert_uint_eq(listeners.count, 0);
}
END_TEST

START_TEST(a_port_can_be_taken_again_at_once)
{
	struct listeners listeners = listen_on("127.0.0.1:0");
	char bound[LISTENERS_TEXT_MAX];
	text_put(bound, listeners.text);
	/* The server closes first, so that its side is the one in TIME_WAIT. */
	int client_fd = connect_to(AF_INET, port_of(&listeners));
	int peer_fd = accept(listeners.fds[0], NULL, NULL);
	close(peer_fd);
	close(client_fd);
	listeners_close(&listeners);
	listeners = listen_on(bound);
	ck_assert_str_eq(listeners.text, bound);
	listeners_close(&listeners);
}
END_TEST

static int count_descriptors(void)
{
	int count = 0;
	for (int fd = 0; fd < 64; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void check_refusal(const char *text, int failure, const char *reason)
{
	struct endpoint endpoint = endpoint_of(text);
	struct text_error error = {0};
	struct listeners listeners = {.count = 17};
	char expected[256];
	int descriptors = count_descriptors();
	ck_assert_int_eq(listeners_open(&endpoint, &silence, &listeners, &error), failure);
	snprintf(expected, sizeof(expected), "cannot listen on %s: %s", text, reason);
	ck_assert_str_eq(error.reason, expected);
	ck_assert_uint_eq(listeners.count, 17);
	ck_assert_int_eq(count_descriptors(), descriptors);
}

START_TEST(a_port_in_use_is_refused)
{
	struct listeners listeners = listen_on("127.0.0.1:0");
	check_refusal(listeners.text, -EADDRINUSE, "address already in use");
	/* These include that one. */
	char more[32];
	snprintf(more, sizeof(more), ":%u", port_of(&listeners));
	check_refusal(more, -EADDRINUSE, "address already in use");
	snprintf(more, sizeof(more), "localhost:%u", port_of(&listeners));
	check_refusal(more, -EADDRINUSE, "address already in use");
	listeners_close(&listeners);
}
END_TEST

START_TEST(an_address_of_another_machine_is_refused)
{
	/* RFC 5737 and RFC 3849 reserve these for documentation. */
	check_refusal("192.0.2.1:0", -EADDRNOTAVAIL, "not an address of this machine");
	if (has_ipv6())
		check_refusal("[2001:db8::1]:0", -EADDRNOTAVAIL, "not an address of this machine");
}
END_TEST

START_TEST(an_unresolvable_name_is_refused_with_the_resolvers_reason)
{
	struct endpoint endpoint = endpoint_of("name.invalid:0");
	struct text_error error = {0};
	struct listeners listeners;
	ck_assert_int_eq(listeners_open(&endpoint, &silence, &listeners, &error), -EADDRNOTAVAIL);
	const char *start = "cannot listen on name.invalid:0: ";
	ck_assert_ptr_eq(strstr(error.reason, start), error.reason);
	ck_assert_uint_gt(strlen(error.reason), strlen(start));
	ck_assert_ptr_null(strstr(error.reason, "not an address of this machine"));
}
END_TEST

START_TEST(running_out_of_descriptors_is_reported)
{
	struct rlimit limit;
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	struct rlimit low = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
	struct endpoint endpoint = endpoint_of(":0");
	struct text_error error = {0};
	struct listeners listeners;
	int failure = listeners_open(&endpoint, &silence, &listeners, &error);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(failure, -EMFILE);
	ck_assert_str_eq(error.reason, "cannot listen on :0: no file descriptors left");
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("listener");
	tcase_add_test(tcase, without_a_host_both_families_are_served_by_one_socket);
	tcase_add_test(tcase, a_single_host_is_served_alone);
	tcase_add_test(tcase, the_socket_neither_blocks_nor_is_inherited);
	tcase_add_test(tcase, all_addresses_of_a_name_are_served_on_one_port);
	tcase_add_test(tcase, several_endpoints_are_served_together);
	tcase_add_test(tcase, too_many_endpoints_are_refused);
	tcase_add_test(tcase, a_port_can_be_taken_again_at_once);
	tcase_add_test(tcase, a_port_in_use_is_refused);
	tcase_add_test(tcase, an_address_of_another_machine_is_refused);
	tcase_add_test(tcase, an_unresolvable_name_is_refused_with_the_resolvers_reason);
	tcase_add_test(tcase, running_out_of_descriptors_is_reported);
	return unit_run("net/listener", tcase);
}
