/* SPDX-License-Identifier: MIT */
#include "config/settings.h"

#include <errno.h>
#include <string.h>

#include "../target_options_text.h"
#include "measure/loss_window.h"

#define MS INT64_C(1000000)
#define DAY (MS * 1000 * 3600 * 24)

static const struct {
	const char *says;
	int64_t interval_ns;
	int64_t timeout_ns;
	uint32_t window;
	unsigned threads;
	const char *reason; /* The whole message; NULL if allowed. */
} rows[] = {
	{"the defaults", 200 * MS, 800 * MS, 100, 1, NULL},
	{"the minimum of each", MS, MS, 1, 1, NULL},
	{"the maximum of each", DAY, DAY, LOSS_WINDOW_MAX, OPTION_THREADS_MAX, NULL},
	{"interval 0", 0, 800 * MS, 100, 1, "interval: 0s is out of range; allowed: 1ms to 24h"},
	{"interval just too short", MS - 1, 800 * MS, 100, 1,
		"interval: 999.999us is out of range; allowed: 1ms to 24h"},
	{"interval just too long", DAY + 1, 800 * MS, 100, 1,
		"interval: 24h0.000000001s is out of range; allowed: 1ms to 24h"},
	{"negative interval", -200 * MS, 800 * MS, 100, 1,
		"interval: -200ms is out of range; allowed: 1ms to 24h"},
	{"timeout 0", 200 * MS, 0, 100, 1, "timeout: 0s is out of range; allowed: 1ms to 24h"},
	{"timeout just too long", DAY, DAY + 1, 100, 1,
		"timeout: 24h0.000000001s is out of range; allowed: 1ms to 24h"},
	{"the largest possible timeout", 200 * MS, INT64_MAX, 100, 1,
		"timeout: 2562047h47m16.854775807s is out of range; allowed: 1ms to 24h"},
	{"window 0", 200 * MS, 800 * MS, 0, 1, "window: 0 is out of range; allowed: 1 to 1000000"},
	{"window too large", 200 * MS, 800 * MS, LOSS_WINDOW_MAX + 1, 1,
		"window: 1000001 is out of range; allowed: 1 to 1000000"},
	{"no threads", 200 * MS, 800 * MS, 100, 0, "threads: 0 is out of range; allowed: 1 to 64"},
	{"too many threads", 200 * MS, 800 * MS, 100, OPTION_THREADS_MAX + 1,
		"threads: 65 is out of range; allowed: 1 to 64"},
	{"just as many records as allowed", MS, 65036 * MS, 100, 1, NULL},
	{"one nanosecond more", MS, 65036 * MS + 1, 100, 1,
		"interval: 1ms is too short for a timeout of 1m5.036000001s (over 65536 probes "
		"would have to be remembered); allowed: 2ms or more"},
	{"a day at 1 ms", MS, DAY, 100, 1,
		"interval: 1ms is too short for a timeout of 24h (over 65536 probes would have to "
		"be remembered); allowed: 1.319s or more"},
	{"the interval that this message allows", 1319 * MS, DAY, 100, 1, NULL},
};

START_TEST(checks_values_alone_and_together)
{
	struct settings settings;
	settings_init(&settings);
	settings.defaults.interval_ns = rows[_i].interval_ns;
	settings.defaults.timeout_ns = rows[_i].timeout_ns;
	settings.defaults.window = rows[_i].window;
	settings.threads = rows[_i].threads;
	struct text_error error = {.reason = ""};
	int result = settings_check(&settings, &error);
	ck_assert_msg(result == (rows[_i].reason == NULL ? 0 : -EINVAL), "%s: %s", rows[_i].says,
		error.reason);
	ck_assert_str_eq(error.reason, rows[_i].reason == NULL ? "" : rows[_i].reason);
	settings_clear(&settings);
}
END_TEST

START_TEST(checks_the_kind_of_probe_with_the_interval)
{
	struct settings settings;
	settings_init(&settings);
	settings.defaults.probe = PROBE_KIND_CONNECT;
	struct text_error error = {.reason = ""};
	ck_assert_int_eq(settings_check(&settings, &error), 0);
	settings.defaults.interval_ns = 99 * MS;
	ck_assert_int_eq(settings_check(&settings, &error), -EINVAL);
	ck_assert_str_eq(error.reason, "interval: 99ms is too short for connect probes, a new "
				       "connection each; allowed: 100ms to 24h");
	settings_clear(&settings);
}
END_TEST

/* Adds a target with its own options; the defaults come later. */
static void request(struct settings *settings, const char *name, const char *own)
{
	const struct target_options options = target_options_of(own);
	const struct target_request request = {.name = name, .address = ":1", .options = &options};
	ck_assert_int_eq(target_list_request(&settings->targets, &request, NULL), 0);
}

/* What is valid for all targets may be invalid for one, and vice versa. */
START_TEST(completes_targets_with_defaults_that_came_later)
{
	struct settings settings;
	settings_init(&settings);
	request(&settings, "a", "probe=connect interval=100ms");
	request(&settings, "b", "window=7");
	settings.defaults.interval_ns = 10 * MS;
	struct text_error error = {.reason = ""};
	ck_assert_msg(settings_complete(&settings, &error) == 0, "%s", error.reason);
	ck_assert_int_eq(settings.targets.targets[0].options.timeout_ns, 800 * MS);
	ck_assert_int_eq(settings.targets.targets[1].options.interval_ns, 10 * MS);
	ck_assert_uint_eq(settings.targets.targets[1].options.window, 7);
	request(&settings, "c", "probe=connect");
	ck_assert_int_eq(settings_check(&settings, &error), 0);
	ck_assert_int_eq(settings_complete(&settings, &error), -EINVAL);
	ck_assert_str_eq(error.reason, "target \"c\": interval: 10ms is too short for connect "
				       "probes, a new connection each; allowed: 100ms to 24h");
	settings_clear(&settings);
}
END_TEST

START_TEST(does_not_complete_targets_with_bad_defaults)
{
	struct settings settings;
	settings_init(&settings);
	settings.defaults.interval_ns = 0;
	struct text_error error = {.reason = ""};
	ck_assert_int_eq(settings_complete(&settings, &error), -EINVAL);
	ck_assert_str_eq(error.reason, "interval: 0s is out of range; allowed: 1ms to 24h");
	settings_clear(&settings);
}
END_TEST

START_TEST(starts_with_the_documented_defaults)
{
	struct settings settings;
	settings_init(&settings);
	ck_assert(!settings.serve);
	ck_assert(!settings.probe);
	ck_assert_str_eq(settings.listen.host, "");
	ck_assert_uint_eq(settings.listen.port, 4000);
	ck_assert_int_eq(settings.defaults.interval_ns, 200 * MS);
	ck_assert_int_eq(settings.defaults.timeout_ns, 800 * MS);
	ck_assert_uint_eq(settings.defaults.window, 100);
	ck_assert_int_eq(settings.defaults.probe, PROBE_KIND_ECHO);
	ck_assert_int_eq(settings.defaults.ip_version, IP_VERSION_ANY);
	ck_assert_uint_eq(settings.defaults.dscp, 0);
	ck_assert_str_eq(settings.defaults.source, "");
	ck_assert_uint_eq(settings.threads, 1);
	ck_assert_int_eq(settings.resolver, SETTINGS_RESOLVER_DNS);
	ck_assert_uint_eq(settings.targets.count, 0);
	settings_clear(&settings);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("settings");
	tcase_add_loop_test(tcase, checks_values_alone_and_together, 0, ROWS(rows));
	tcase_add_test(tcase, checks_the_kind_of_probe_with_the_interval);
	tcase_add_test(tcase, completes_targets_with_defaults_that_came_later);
	tcase_add_test(tcase, does_not_complete_targets_with_bad_defaults);
	tcase_add_test(tcase, starts_with_the_documented_defaults);
	return unit_run("config/settings", tcase);
}
