/* SPDX-License-Identifier: MIT */
#include "exporter/notify.h"

#include "config.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../unit.h"
#include "base/clock.h"

#define NOW_NS (1000 * NS_PER_S)
#define WATCHDOG_NS (8 * NS_PER_S)

static const struct target_snapshot up = {.values = {.connected = true}};
static const struct target_snapshot down;

static const struct {
	const char *says;
	unsigned up;
	unsigned down;
	bool has_prober;
	bool has_server;
	uint64_t connections;
	const char *trouble;
	const char *status;
} statuses[] = {
	{"a prober", 2, 1, true, false, 0, "", "probing 3 targets, 2 connected"},
	{"a single target", 1, 0, true, false, 0, "", "probing 1 target, 1 connected"},
	{"of none", 0, 0, true, false, 0, "", "probing 0 targets, 0 connected"},
	{"a server", 0, 0, false, true, 1, "", "serving 1 connection"},
	{"both", 0, 1, true, true, 0, "", "probing 1 target, 0 connected; serving 0 connections"},
	{"trouble", 0, 0, false, true, 3, "reload failed", "serving 3 connections; reload failed"},
};

START_TEST(describes_what_runs)
{
	struct target_snapshot targets[4];
	struct snapshot snapshot = {
		.targets = targets,
		.target_count = statuses[_i].up + statuses[_i].down,
		.has_prober = statuses[_i].has_prober,
		.has_server = statuses[_i].has_server,
		.server = {.connections = statuses[_i].connections},
	};
	for (unsigned i = 0; i < snapshot.target_count; i++)
		targets[i] = i < statuses[_i].up ? up : down;
	char status[NOTIFY_STATUS_MAX];
	notify_describe(&snapshot, statuses[_i].trouble, status);
	ck_assert_msg(
		strcmp(status, statuses[_i].status) == 0, "%s: %s", statuses[_i].says, status);
}
END_TEST

/* value: NULL to unset it. */
static void set_variable(const char *name, const char *value)
{
	/* There is no other thread. NOLINTBEGIN(concurrency-mt-unsafe) */
	if (value != NULL)
		ck_assert_int_eq(setenv(name, value, 1), 0);
	else
		ck_assert_int_eq(unsetenv(name), 0);
	/* NOLINTEND(concurrency-mt-unsafe) */
}

START_TEST(without_a_manager_nothing_is_due)
{
	set_variable("NOTIFY_SOCKET", NULL);
	set_variable("WATCHDOG_USEC", "8000000");
	struct notify notify;
	notify_init(&notify);
	notify_ready(&notify, "probing", NOW_NS);
	notify_reloading(&notify, NOW_NS);
	notify_stopping(&notify);
	ck_assert(!notify.is_on);
	ck_assert_int_eq(notify_due_ns(&notify), INT64_MAX);
}
END_TEST

#ifdef HAVE_SYSTEMD
/* The service manager's end of the socket, by an abstract name. */
static int manager_fd;

static void start_manager(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int length = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1,
		"tcp-echo-metrics-test-%ld", (long)getpid());
	manager_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(manager_fd, 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
	ck_assert_int_eq(bind(manager_fd, (struct sockaddr *)&address, size), 0);
	address.sun_path[0] = '@';
	set_variable("NOTIFY_SOCKET", address.sun_path);
	set_variable("WATCHDOG_USEC", "8000000");
	set_variable("WATCHDOG_PID", NULL);
}

static void stop_manager(void)
{
	close(manager_fd);
}

/* The next message, in a buffer of this function; "" if there is none. */
static const char *told(void)
{
	static char text[2048];
	ssize_t length = recv(manager_fd, text, sizeof(text) - 1, 0);
	text[length > 0 ? length : 0] = '\0';
	return text;
}

START_TEST(reports_each_state)
{
	struct notify notify;
	notify_init(&notify);
	ck_assert_int_eq(notify_due_ns(&notify), INT64_MAX);
	ck_assert_str_eq(told(), "");
	notify_ready(&notify, "probing", NOW_NS);
	ck_assert_str_eq(told(), "READY=1\nSTATUS=probing");
	notify_reloading(&notify, NOW_NS);
	ck_assert_str_eq(told(), "RELOADING=1\nMONOTONIC_USEC=1000000000");
	notify_ready(&notify, "probing", NOW_NS);
	ck_assert_str_eq(told(), "READY=1\nSTATUS=probing");
	notify_stopping(&notify);
	ck_assert_str_eq(told(), "STOPPING=1\nSTATUS=shutting down");
	ck_assert_str_eq(told(), "");
}
END_TEST

START_TEST(reports_a_status_only_once_and_not_too_often)
{
	set_variable("WATCHDOG_USEC", NULL);
	struct notify notify;
	notify_init(&notify);
	notify_ready(&notify, "probing", NOW_NS);
	told();
	ck_assert_int_eq(notify_due_ns(&notify), NOW_NS + 15 * NS_PER_S);
	notify_status(&notify, "probing", NOW_NS + 15 * NS_PER_S);
	ck_assert_str_eq(told(), "");
	ck_assert_int_eq(notify_due_ns(&notify), NOW_NS + 30 * NS_PER_S);
	notify_status(&notify, "probing more", NOW_NS + 30 * NS_PER_S);
	ck_assert_str_eq(told(), "STATUS=probing more");
	ck_assert_int_eq(notify_due_ns(&notify), NOW_NS + 45 * NS_PER_S);
}
END_TEST

START_TEST(a_status_waits_for_a_feed_that_is_near)
{
	struct notify notify = {.feed_due_ns = NOW_NS + 15 * NS_PER_S, .status_due_ns = NOW_NS};
	ck_assert_int_eq(notify_due_ns(&notify), notify.feed_due_ns);
	notify.feed_due_ns++;
	ck_assert_int_eq(notify_due_ns(&notify), NOW_NS);
}
END_TEST

START_TEST(a_status_cannot_smuggle_in_another_variable)
{
	struct notify notify;
	notify_init(&notify);
	char status[2 * NOTIFY_STATUS_MAX];
	memset(status, 'x', sizeof(status));
	memcpy(status, "a\nSTOPPING=1\xff", 13);
	status[sizeof(status) - 1] = '\0';
	notify_status(&notify, status, NOW_NS);
	const char *text = told();
	ck_assert_ptr_eq(strstr(text, "STATUS=a?STOPPING=1?xxx"), text);
	ck_assert_uint_eq(strlen(text), strlen("STATUS=") + NOTIFY_STATUS_MAX - 1);
}
END_TEST

START_TEST(feeds_the_watchdog_twice_per_period)
{
	struct notify notify;
	notify_init(&notify);
	notify_ready(&notify, "probing", NOW_NS);
	told();
	ck_assert_int_eq(notify_due_ns(&notify), NOW_NS);
	notify_feed(&notify, true, NOW_NS);
	ck_assert_str_eq(told(), "WATCHDOG=1");
	ck_assert_int_eq(notify.feed_due_ns, NOW_NS + WATCHDOG_NS / 2);
	/* A reload does not change that. */
	notify_ready(&notify, "probing", NOW_NS + 1);
	ck_assert_int_eq(notify.feed_due_ns, NOW_NS + WATCHDOG_NS / 2);
}
END_TEST

START_TEST(stops_feeding_the_watchdog_when_the_program_hangs)
{
	struct notify notify;
	notify_init(&notify);
	notify_ready(&notify, "probing", NOW_NS);
	told();
	notify_feed(&notify, false, NOW_NS);
	ck_assert_str_eq(told(), "");
	/* Soon enough to save a program that was only asleep. */
	ck_assert_int_eq(notify.feed_due_ns, NOW_NS + WATCHDOG_NS / 16);
	notify_feed(&notify, true, NOW_NS + WATCHDOG_NS / 16);
	ck_assert_str_eq(told(), "WATCHDOG=1");
}
END_TEST

START_TEST(leaves_the_watchdog_of_another_process_alone)
{
	set_variable("WATCHDOG_PID", "1");
	struct notify notify;
	notify_init(&notify);
	notify_ready(&notify, "probing", NOW_NS);
	ck_assert_int_eq(notify.feed_due_ns, INT64_MAX);
}
END_TEST
#endif

int main(void)
{
	TCase *tcase = tcase_create("notify");
	tcase_add_loop_test(tcase, describes_what_runs, 0, ROWS(statuses));
	tcase_add_test(tcase, without_a_manager_nothing_is_due);
#ifdef HAVE_SYSTEMD
	tcase_add_checked_fixture(tcase, start_manager, stop_manager);
	tcase_add_test(tcase, reports_each_state);
	tcase_add_test(tcase, reports_a_status_only_once_and_not_too_often);
	tcase_add_test(tcase, a_status_waits_for_a_feed_that_is_near);
	tcase_add_test(tcase, a_status_cannot_smuggle_in_another_variable);
	tcase_add_test(tcase, feeds_the_watchdog_twice_per_period);
	tcase_add_test(tcase, stops_feeding_the_watchdog_when_the_program_hangs);
	tcase_add_test(tcase, leaves_the_watchdog_of_another_process_alone);
#endif
	return unit_run("notify", tcase);
}
