/* SPDX-License-Identifier: MIT */
#include "collectd/plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../random.h"
#include "../unit.h"
#include "base/clock.h"
#include "base/endpoint.h"
#include "base/text.h"
#include "engine/engine.h"
#include "fake_daemon.h"
#include "net/listener.h"
#include "oconfig_text.h"

/* Long enough for the watch on a file, which looks once a second, on any machine. */

/* A port that is taken, and a port that was free a moment ago. */
static int taken_fd;
static char taken[ENDPOINT_TEXT_MAX];
static char vacant[ENDPOINT_TEXT_MAX];

/* Listens on that port; 0: on any. Returns a negative errno if it cannot. */
static int listen_on(uint16_t port, char *address)
{
	const struct endpoint local = {.host = "127.0.0.1", .port = port};
	const struct log silence = {0};
	struct listeners listeners;
	struct text_error error;
	int result = listeners_open(&local, &silence, &listeners, &error);
	if (result < 0)
		return result;
	text_put(address, listeners.text);
	return listeners.fds[0];
}

/* From below the range that the kernel uses for outgoing connections: nobody takes it by chance. */
static void find_vacant(char *address)
{
	uint64_t state = (uint64_t)clock_monotonic_ns();
	int fd = -1;
	for (int i = 0; i < 1000 && fd < 0; i++)
		fd = listen_on((uint16_t)(10000 + random_below(&state, 22000)), address);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

/* A targets file, in its own folder. */
static char folder[] = "/tmp/test_plugin.XXXXXX";
static char path[100];

static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/targets.json", folder);
	taken_fd = listen_on(0, taken);
	ck_assert_int_ge(taken_fd, 0);
	find_vacant(vacant);
	fake_daemon_reset();
	module_register();
	ck_assert(
		fake_daemon.config && fake_daemon.init && fake_daemon.read && fake_daemon.shutdown);
}

static void tear_down(void)
{
	close(taken_fd);
	unlink(path);
	rmdir(folder);
}

static int configure(const char *text)
{
	oconfig_item_t *block = oconfig_text_parse(text);
	int result = fake_daemon.config(block);
	oconfig_text_free(block);
	return result;
}

/* A server, and a prober for it. */
static void configure_both(void)
{
	char text[1000];
	snprintf(text, sizeof(text),
		"Listen \"%s\"\nInterval 0.005\n<Target \"a\">\nAddress \"%s\"\n</Target>", vacant,
		vacant);
	ck_assert_int_eq(configure(text), 0);
}

static void check_logged(const char *text)
{
	ck_assert_msg(
		fake_daemon_logged(text), "no \"%s\" in the log:\n%s", text, fake_daemon_log());
}

/* Reads until the value of that type, without its prefix, is at least that much for target "a". */
static void read_until(const char *type, double least)
{
	int64_t until_ns = clock_monotonic_ns() + UNIT_PATIENCE_MS * NS_PER_MS;
	double value = -1;
	char identity[100];
	snprintf(identity, sizeof(identity), "tcp_echo-a/tcp_echo_%s", type);
	while (!(value >= least)) {
		ck_assert_msg(clock_monotonic_ns() < until_ns, "%s is %g", type, value);
		ck_assert_int_eq(fake_daemon.read(), 0);
		fake_daemon_lists(identity, &value);
		clock_sleep_until(clock_monotonic_ns() + 5 * NS_PER_MS);
	}
}

START_TEST(probes_between_init_and_shutdown)
{
	configure_both();
	ck_assert_int_eq(fake_daemon.init(), 0);
	ck_assert_uint_gt(fake_daemon.types, 40);
	read_until("received", 3);
	double up = 0;
	double accepted = 0;
	ck_assert_uint_ge(fake_daemon_lists("tcp_echo/tcp_echo_up", &up), 1);
	ck_assert_uint_ge(fake_daemon_lists("tcp_echo/tcp_echo_server_accepted", &accepted), 1);
	ck_assert_uint_ge(
		fake_daemon_lists("tcp_echo/tcp_echo_send_lag_seconds_bucket_le_0_00001", NULL), 1);
	ck_assert(up == 1 && accepted >= 1);
	ck_assert_uint_ne(fake_daemon.last_time, 0);
	ck_assert_int_eq(fake_daemon.shutdown(), 0);
	check_logged("6 tcp_echo plugin: 1.");
	check_logged(", probes every 5ms\n");
	check_logged("6 tcp_echo plugin: a: up: ");
}
END_TEST

START_TEST(dispatches_only_what_is_wanted)
{
	configure_both();
	ck_assert_int_eq(configure("Dispatch \"none\""), 0);
	ck_assert_int_eq(fake_daemon.init(), 0);
	ck_assert_int_eq(fake_daemon.read(), 0);
	ck_assert_uint_eq(fake_daemon.lists, 0);
	ck_assert_int_eq(fake_daemon.shutdown(), 0);
}
END_TEST

START_TEST(tells_that_all_is_well_at_the_start_unless_told_not_to)
{
	for (int i = 0; i < 2; i++) {
		fake_daemon_reset();
		module_register();
		configure_both();
		ck_assert_int_eq(configure(i == 0 ? "" : "OkayAtStart false"), 0);
		ck_assert_int_eq(fake_daemon.init(), 0);
		read_until("received", 1);
		ck_assert_int_eq(fake_daemon.shutdown(), 0);
		ck_assert_int_eq(
			fake_daemon_notified("4 testhost tcp_echo-a/tcp_echo_state a answers; "),
			i == 0);
	}
}
END_TEST

START_TEST(warns_of_loss)
{
	/* Nobody is there: all is lost. */
	ck_assert_int_eq(configure("Interval 0.005\nWarnLoss 50\nDispatch \"none\"\n"
				   "<Target \"a\">\nAddress \"127.0.0.1:1\"\n</Target>"),
		0);
	ck_assert_int_eq(fake_daemon.init(), 0);
	int64_t until_ns = clock_monotonic_ns() + UNIT_PATIENCE_MS * NS_PER_MS;
	while (!fake_daemon_notified("2 testhost tcp_echo-a/tcp_echo_loss a loses 100 % of its "
				     "probes, more than 50 %; address=127.0.0.1:1; reason=loss of "
				     "100 %; since=20")) {
		ck_assert(clock_monotonic_ns() < until_ns);
		ck_assert_int_eq(fake_daemon.read(), 0);
		clock_sleep_until(clock_monotonic_ns() + 5 * NS_PER_MS);
	}
	ck_assert_uint_eq(fake_daemon.lists, 0);
	ck_assert_int_eq(fake_daemon.shutdown(), 0);
}
END_TEST

START_TEST(reads_nothing_while_it_is_not_running)
{
	ck_assert_int_eq(fake_daemon.read(), 0);
	configure_both();
	ck_assert_int_eq(fake_daemon.read(), 0);
	ck_assert_uint_eq(fake_daemon.lists, 0);
	ck_assert_int_eq(fake_daemon.init(), 0);
	ck_assert_int_eq(fake_daemon.shutdown(), 0);
	unsigned lists = fake_daemon.lists;
	ck_assert_int_eq(fake_daemon.read(), 0);
	ck_assert_uint_eq(fake_daemon.lists, lists);
}
END_TEST

START_TEST(shuts_down_twice_and_without_a_start)
{
	ck_assert_int_eq(fake_daemon.shutdown(), 0);
	configure_both();
	ck_assert_int_eq(fake_daemon.shutdown(), 0);
	configure_both();
	ck_assert_int_eq(fake_daemon.init(), 0);
	ck_assert_int_eq(fake_daemon.shutdown(), 0);
	ck_assert_int_eq(fake_daemon.shutdown(), 0);
}
END_TEST

START_TEST(starts_once_if_init_is_called_twice)
{
	configure_both();
	ck_assert_int_eq(fake_daemon.init(), 0);
	ck_assert_int_eq(fake_daemon.init(), 0);
	read_until("received", 1);
	ck_assert_int_eq(fake_daemon.shutdown(), 0);
}
END_TEST

START_TEST(starts_again_after_a_shutdown)
{
	for (int i = 0; i < 2; i++) {
		configure_both();
		ck_assert_int_eq(fake_daemon.init(), 0);
		read_until("received", 1);
		ck_assert_int_eq(fake_daemon.shutdown(), 0);
	}
}
END_TEST

START_TEST(reads_even_when_every_target_is_down)
{
	ck_assert_int_eq(configure("Interval 0.005\n<Target \"a\">\nAddress \"127.0.0.1:1\"\n"
				   "</Target>"),
		0);
	ck_assert_int_eq(fake_daemon.init(), 0);
	read_until("unsent", 1);
	ck_assert_int_eq(fake_daemon.shutdown(), 0);
}
END_TEST

/* Expects init to fail with that text in the log, and to do no other harm. */
static void check_failed_init(const char *message)
{
	ck_assert_int_lt(fake_daemon.init(), 0);
	check_logged(message);
	ck_assert_int_eq(fake_daemon.read(), 0);
	ck_assert_uint_eq(fake_daemon.lists, 0);
	ck_assert_int_eq(fake_daemon.shutdown(), 0);
	ck_assert_int_eq(fake_daemon.shutdown(), 0);
}

START_TEST(fails_with_nothing_to_do)
{
	check_failed_init("3 tcp_echo plugin: nothing to do: no Listen, no <Target>, no "
			  "TargetsFile, no TargetsFrom, and no ProbeAllow with Metrics\n");
}
END_TEST

START_TEST(fails_when_the_port_is_taken)
{
	char text[300];
	snprintf(text, sizeof(text), "Listen \"%s\"", taken);
	ck_assert_int_eq(configure(text), 0);
	check_failed_init(taken);
	check_logged("in use");
}
END_TEST

START_TEST(fails_when_the_metrics_port_is_taken)
{
	char text[300];
	snprintf(text, sizeof(text), "Metrics \"%s\"", taken);
	configure_both();
	ck_assert_int_eq(configure(text), 0);
	check_failed_init(taken);
	check_logged("in use");
}
END_TEST

START_TEST(fails_with_too_few_descriptors)
{
	struct rlimit limit;
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 32;
	limit.rlim_max = 32;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	configure_both();
	check_failed_init("3 tcp_echo plugin: 1 targets need 33 file descriptors, but the limit is "
			  "32: raise it");
}
END_TEST

START_TEST(fails_with_conflicting_settings)
{
	ck_assert_int_eq(configure("Interval 0.001\nTimeout 3600\n<Target \"a\">\nAddress \":1\"\n"
				   "</Target>"),
		0);
	check_failed_init("3 tcp_echo plugin: interval: 1ms is too short for a timeout of 1h");
}
END_TEST

START_TEST(fails_without_its_targets_file)
{
	ck_assert_int_eq(configure("TargetsFile \"/nonexistent/targets.json\""), 0);
	check_failed_init("3 tcp_echo plugin: /nonexistent/targets.json: ");
}
END_TEST

START_TEST(refuses_a_bad_configuration)
{
	ck_assert_int_lt(configure("Interval \"abc\""), 0);
	check_logged("3 tcp_echo plugin: Interval \"abc\" is not a valid duration; allowed: ");
	ck_assert_int_eq(fake_daemon.shutdown(), 0);
}
END_TEST

static void write_file(const char *text)
{
	char other[120];
	snprintf(other, sizeof(other), "%s.new", path);
	FILE *file = fopen(other, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(rename(other, path), 0);
}

static void configure_file(const char *more)
{
	char text[500];
	snprintf(text, sizeof(text), "Interval 0.02\nTargetsFile \"%s\"\n%s", path, more);
	ck_assert_int_eq(configure(text), 0);
}

#define A "{\"name\": \"a\", \"address\": \"127.0.0.1:1\"}"
#define B "{\"name\": \"b\", \"address\": \"127.0.0.1:1\"}"
#define BLOCK_A "<Target \"a\">\nAddress \"127.0.0.1:1\"\n</Target>"

START_TEST(refuses_a_name_in_both_file_and_block)
{
	write_file("[" B ", " A "]");
	configure_file(BLOCK_A);
	check_failed_init("targets.json: target \"a\": name is used twice, here and in a <Target> "
			  "block\n");
}
END_TEST

START_TEST(picks_up_a_changed_targets_file)
{
	write_file("[" B "]");
	configure_file(BLOCK_A);
	ck_assert_int_eq(fake_daemon.init(), 0);
	ck_assert_int_eq(fake_daemon.read(), 0);
	ck_assert_uint_eq(fake_daemon_lists("tcp_echo-a/tcp_echo_sent", NULL), 1);
	ck_assert_uint_eq(fake_daemon_lists("tcp_echo-b/tcp_echo_sent", NULL), 1);
	ck_assert(fake_daemon_will_notify("1 testhost tcp_echo-b/tcp_echo_state b is down: "));
	ck_assert(fake_daemon_will_notify("1 testhost tcp_echo-a/tcp_echo_state a is down: "));

	write_file("[{\"name\": \"c\", \"address\": \"127.0.0.1:1\"}]");
	ck_assert(fake_daemon_will_log("targets.json reloaded: 2 targets, "));
	ck_assert(fake_daemon_will_notify(
		"4 testhost tcp_echo-b/tcp_echo_state b is no longer probed; reason=no longer "
		"probed; since="));
	ck_assert_int_eq(fake_daemon.read(), 0);
	ck_assert_uint_eq(fake_daemon_lists("tcp_echo-a/tcp_echo_sent", NULL), 2);
	ck_assert_uint_eq(fake_daemon_lists("tcp_echo-b/tcp_echo_sent", NULL), 1);
	ck_assert_uint_eq(fake_daemon_lists("tcp_echo-c/tcp_echo_sent", NULL), 1);
	ck_assert_int_eq(fake_daemon.shutdown(), 0);
	ck_assert(!fake_daemon_notified("a is not probed"));
}
END_TEST

START_TEST(keeps_the_targets_when_the_file_is_bad_or_gone)
{
	write_file("[" A "]");
	configure_file("");
	ck_assert_int_eq(fake_daemon.init(), 0);
	write_file("[");
	ck_assert(fake_daemon_will_log("reload failed, keeping the previous targets: "));
	unlink(path);
	ck_assert(fake_daemon_will_log("targets.json has vanished\n"));
	ck_assert_int_eq(fake_daemon.read(), 0);
	ck_assert_uint_eq(fake_daemon_lists("tcp_echo-a/tcp_echo_sent", NULL), 1);
	write_file("[" A ", " B "]");
	ck_assert(fake_daemon_will_log("targets.json reloaded: 2 targets, "));
	ck_assert_int_eq(fake_daemon.shutdown(), 0);
}
END_TEST

START_TEST(reports_targets_that_go_down_and_come_back)
{
	char text[1000];
	snprintf(text, sizeof(text), "Interval 0.01\n<Target \"a\">\nAddress \"%s\"\n</Target>",
		vacant);
	ck_assert_int_eq(configure(text), 0);
	ck_assert_int_eq(fake_daemon.init(), 0);
	snprintf(text, sizeof(text),
		"1 testhost tcp_echo-a/tcp_echo_state a is down: connection refused by %s; "
		"address=%s; reason=connection refused by %s; since=20",
		vacant, vacant, vacant);
	ck_assert(fake_daemon_will_notify(text));
	struct settings settings;
	settings_init(&settings);
	const char *reason = NULL;
	settings.serve = true;
	ck_assert_int_eq(endpoint_parse(vacant, ENDPOINT_TO_LISTEN, &settings.listen, &reason), 0);
	static const struct log silence;
	struct engine *server = NULL;
	struct text_error error;
	ck_assert_int_eq(engine_start(&settings, &silence, NULL, &server, &error), 0);
	ck_assert(fake_daemon_will_notify(
		"4 testhost tcp_echo-a/tcp_echo_state a answers again after "));
	snprintf(text, sizeof(text), "s; address=%s; peer=%s; since=20", vacant, vacant);
	ck_assert(fake_daemon_notified(text));
	engine_stop(server);
	ck_assert(fake_daemon_will_log("4 tcp_echo plugin: a: down: "));
	ck_assert_int_eq(fake_daemon.shutdown(), 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("plugin");
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, probes_between_init_and_shutdown);
	tcase_add_test(tcase, dispatches_only_what_is_wanted);
	tcase_add_test(tcase, tells_that_all_is_well_at_the_start_unless_told_not_to);
	tcase_add_test(tcase, warns_of_loss);
	tcase_add_test(tcase, reads_nothing_while_it_is_not_running);
	tcase_add_test(tcase, shuts_down_twice_and_without_a_start);
	tcase_add_test(tcase, starts_once_if_init_is_called_twice);
	tcase_add_test(tcase, starts_again_after_a_shutdown);
	tcase_add_test(tcase, reads_even_when_every_target_is_down);
	tcase_add_test(tcase, fails_with_nothing_to_do);
	tcase_add_test(tcase, fails_when_the_port_is_taken);
	tcase_add_test(tcase, fails_when_the_metrics_port_is_taken);
	tcase_add_test(tcase, fails_with_too_few_descriptors);
	tcase_add_test(tcase, fails_with_conflicting_settings);
	tcase_add_test(tcase, fails_without_its_targets_file);
	tcase_add_test(tcase, refuses_a_bad_configuration);
	tcase_add_test(tcase, refuses_a_name_in_both_file_and_block);
	tcase_add_test(tcase, picks_up_a_changed_targets_file);
	tcase_add_test(tcase, keeps_the_targets_when_the_file_is_bad_or_gone);
	tcase_add_test(tcase, reports_targets_that_go_down_and_come_back);
	return unit_run("collectd/plugin", tcase);
}
