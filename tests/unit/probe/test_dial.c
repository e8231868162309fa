/* SPDX-License-Identifier: MIT */
#include "probe/dial.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "net/socket.h"
#include "scripted.h"

static void set_source(struct target_options *options, const char *source)
{
	snprintf(options->source, sizeof(options->source), "%s", source);
}

static const struct {
	const char *says;
	enum ip_version ip_version;
	const char *source;
	int family;
} families[] = {
	{"anything", IP_VERSION_ANY, "", AF_UNSPEC},
	{"IPv4 is asked for", IP_VERSION_4, "", AF_INET},
	{"IPv6 is asked for", IP_VERSION_6, "", AF_INET6},
	{"the source is an IPv4 address", IP_VERSION_ANY, "192.0.2.1", AF_INET},
	{"the source is an IPv6 address", IP_VERSION_ANY, "2001:db8::1", AF_INET6},
	{"the source has a zone", IP_VERSION_ANY, "fe80::1%lo", AF_INET6},
};

START_TEST(the_family_comes_from_version_or_source)
{
	struct target_options options = script_options(PROBE_KIND_ECHO);
	options.ip_version = families[_i].ip_version;
	set_source(&options, families[_i].source);
	ck_assert_msg(dial_family(&options) == families[_i].family, "%s", families[_i].says);
}
END_TEST

static const struct {
	int error;
	enum connect_failure failure;
	const char *source;
	const char *why;
} failures[] = {
	{-ECONNREFUSED, CONNECT_FAILURE_REFUSED, "", "connection refused by 192.0.2.97:4000"},
	{-ECONNRESET, CONNECT_FAILURE_REFUSED, "", "connection refused by 192.0.2.97:4000"},
	{-ENETUNREACH, CONNECT_FAILURE_UNREACHABLE, "", "192.0.2.97:4000 is unreachable"},
	{-EHOSTUNREACH, CONNECT_FAILURE_UNREACHABLE, "", "192.0.2.97:4000 is unreachable"},
	{-ENETDOWN, CONNECT_FAILURE_UNREACHABLE, "", "192.0.2.97:4000 is unreachable"},
	{-EHOSTDOWN, CONNECT_FAILURE_UNREACHABLE, "", "192.0.2.97:4000 is unreachable"},
	{-EACCES, CONNECT_FAILURE_UNREACHABLE, "", "192.0.2.97:4000 is unreachable"},
	{-EADDRNOTAVAIL, CONNECT_FAILURE_UNREACHABLE, "",
		"no address or port left to dial 192.0.2.97:4000 from"},
	{-EADDRNOTAVAIL, CONNECT_FAILURE_UNREACHABLE, "192.0.2.1",
		"192.0.2.97:4000 cannot be dialled from 192.0.2.1"},
	{-ETIMEDOUT, CONNECT_FAILURE_TIMEOUT, "", "192.0.2.97:4000 does not answer within 1.5s"},
	{-EMFILE, CONNECT_FAILURE_LOCAL, "",
		"no file descriptors left to connect to 192.0.2.97:4000"},
	{-ENODEV, CONNECT_FAILURE_UNREACHABLE, "",
		"192.0.2.97:4000 cannot be dialled over eth7: there is no such interface"},
	{-ENFILE, CONNECT_FAILURE_LOCAL, "",
		"no file descriptors left to connect to 192.0.2.97:4000"},
	{DIAL_NOT_ALLOWED, CONNECT_FAILURE_OTHER, "",
		"192.0.2.97:4000 is not among what may be probed"},
	{-ENOMEM, CONNECT_FAILURE_LOCAL, "", "cannot connect to 192.0.2.97:4000: out of memory"},
	{-EPROTO, CONNECT_FAILURE_OTHER, "", "cannot connect to 192.0.2.97:4000: Protocol error"},
};

START_TEST(each_failure_has_its_reason_and_message)
{
	struct target_options options = script_options(PROBE_KIND_ECHO);
	set_source(&options, failures[_i].source);
	snprintf(options.interface_name, sizeof(options.interface_name), "eth7");
	union address address = script_address('a');
	char why[DIAL_WHY_MAX];
	ck_assert_int_eq(dial_failure(failures[_i].error), failures[_i].failure);
	dial_describe(&options, &address, failures[_i].error, 1500 * NS_PER_MS, why, sizeof(why));
	ck_assert_str_eq(why, failures[_i].why);
}
END_TEST

START_TEST(the_socket_is_set_up_by_the_options)
{
	struct probe_context context;
	script_begin(&context);
	struct target_options options = script_options(PROBE_KIND_ECHO);
	options.dscp = 46;
	snprintf(options.interface_name, sizeof(options.interface_name), "eth7");
	set_source(&options, "192.0.2.1");
	union address address = script_address('a');
	evutil_socket_t fd;
	ck_assert_int_eq(dial_begin(&options, NULL, &address, &fd), -EINPROGRESS);
	ck_assert_uint_eq(script.dscp, 46);
	ck_assert_str_eq(script.interface, "eth7");
	ck_assert_int_eq(dial_result(fd), 0);
	socket_close(fd);
	script.bind_error = -EADDRNOTAVAIL;
	ck_assert_int_eq(dial_begin(&options, NULL, &address, &fd), -EADDRNOTAVAIL);
	socket_close(fd);
	/* Its interface is gone. */
	set_source(&options, "fe80::1%none");
	script.bind_error = 0;
	ck_assert_int_eq(dial_begin(&options, NULL, &address, &fd), -EADDRNOTAVAIL);
	socket_close(fd);
	ck_assert_str_eq(script.dialled, "a");
	script.interface_error = -ENODEV;
	ck_assert_int_eq(dial_begin(&options, NULL, &address, &fd), -ENODEV);
	socket_close(fd);
	ck_assert_str_eq(script.dialled, "a");
	script.open_error = -EMFILE;
	ck_assert_int_eq(dial_begin(&options, NULL, &address, &fd), -EMFILE);
	ck_assert_int_eq((int)fd, -1);
	script_end(&context);
}
END_TEST

START_TEST(what_is_not_allowed_is_not_dialled)
{
	struct probe_context context;
	struct destinations allowed = {0};
	const char *reason;
	script_begin(&context);
	ck_assert_int_eq(destinations_add(&allowed, "192.0.2.97:4000", &reason), 0);
	struct target_options options = script_options(PROBE_KIND_ECHO);
	union address address = script_address('b');
	evutil_socket_t fd = 0;
	ck_assert_int_eq(dial_begin(&options, &allowed, &address, &fd), DIAL_NOT_ALLOWED);
	ck_assert_int_eq((int)fd, -1);
	ck_assert_uint_eq(script.opened, 0);
	address = script_address('a');
	ck_assert_int_eq(dial_begin(&options, &allowed, &address, &fd), -EINPROGRESS);
	socket_close(fd);
	destinations_clear(&allowed);
	script_end(&context);
}
END_TEST

static const struct script_peer results[] = {
	{'c', 0, 0, false, false},
	{'r', -EINPROGRESS, ECONNREFUSED, false, false},
	{'i', 0, 0, false, true},
};

static const struct {
	char address;
	int error;
} expected[] = {{'c', 0}, {'r', -ECONNREFUSED}, {'i', -ECONNREFUSED}};

START_TEST(a_handshake_ends_as_the_kernel_says_unless_with_itself)
{
	struct probe_context context;
	script_begin(&context);
	script.peers = results;
	script.peer_count = ROWS(results);
	struct target_options options = script_options(PROBE_KIND_ECHO);
	union address address = script_address(expected[_i].address);
	evutil_socket_t fd;
	dial_begin(&options, NULL, &address, &fd);
	ck_assert_int_eq(dial_result(fd), expected[_i].error);
	socket_close(fd);
	script_end(&context);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("dial");
	tcase_add_loop_test(tcase, the_family_comes_from_version_or_source, 0, ROWS(families));
	tcase_add_loop_test(tcase, each_failure_has_its_reason_and_message, 0, ROWS(failures));
	tcase_add_test(tcase, the_socket_is_set_up_by_the_options);
	tcase_add_test(tcase, what_is_not_allowed_is_not_dialled);
	tcase_add_loop_test(
		tcase, a_handshake_ends_as_the_kernel_says_unless_with_itself, 0, ROWS(expected));
	return unit_run("probe/dial", tcase);
}
