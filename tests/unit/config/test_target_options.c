/* SPDX-License-Identifier: MIT */
#include "config/target_options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../target_options_text.h"
#include "base/clock.h"
#include "measure/loss_window.h"

#define HOUR_NS (3600 * NS_PER_S)
#define DAY_NS (24 * HOUR_NS)

#define DEFAULTS                                                                                   \
	"interval=200ms timeout=800ms window=100 probe=echo frame=auto stamps=on tx_stamps=off dscp=0 ip_version=any"
/* Each different from the default. */
#define ALL                                                                                                 \
	"interval=1s timeout=2s window=3 probe=connect frame=24 size=48 source=::1 interface=eth7 dscp=46 " \
	"ip_version=6"

static void check_text(const struct target_options *options, const char *expected, const char *says)
{
	char text[TARGET_OPTIONS_TEXT_MAX];
	target_options_text_write(options, UINT64_MAX, text);
	ck_assert_msg(strcmp(text, expected) == 0, "%s: %s", says, text);
}

START_TEST(the_defaults_are_those_of_the_table)
{
	struct target_options options;
	target_options_init(&options);
	check_text(&options, DEFAULTS, "defaults");
	ck_assert_int_eq(target_options_check(&options, NULL, NULL), 0);
	ck_assert_int_eq(options.interval_ns, 200 * NS_PER_MS);
	ck_assert_int_eq(options.timeout_ns, 800 * NS_PER_MS);
	ck_assert_uint_eq(options.window, 100);
	ck_assert_int_eq(options.probe, PROBE_KIND_ECHO);
	ck_assert_int_eq(options.frame, FRAME_KIND_AUTO);
	ck_assert_str_eq(options.source, "");
	ck_assert_str_eq(options.interface_name, "");
	ck_assert_uint_eq(options.dscp, 0);
	ck_assert_int_eq(options.ip_version, IP_VERSION_ANY);
}
END_TEST

START_TEST(every_option_has_its_field)
{
	const struct target_options options = target_options_of(ALL);
	ck_assert_int_eq(options.interval_ns, NS_PER_S);
	ck_assert_int_eq(options.timeout_ns, 2 * NS_PER_S);
	ck_assert_uint_eq(options.window, 3);
	ck_assert_int_eq(options.probe, PROBE_KIND_CONNECT);
	ck_assert_int_eq(options.frame, FRAME_KIND_24);
	ck_assert_uint_eq(options.size, 48);
	ck_assert_str_eq(options.source, "::1");
	ck_assert_str_eq(options.interface_name, "eth7");
	ck_assert_uint_eq(options.dscp, 46);
	ck_assert_int_eq(options.ip_version, IP_VERSION_6);
	check_text(&options, ALL, "all");
}
END_TEST

START_TEST(words_are_in_the_order_of_their_enums)
{
	ck_assert_int_eq(target_options_of("probe=echo").probe, PROBE_KIND_ECHO);
	ck_assert_int_eq(target_options_of("probe=connect").probe, PROBE_KIND_CONNECT);
	ck_assert_int_eq(target_options_of("frame=16").frame, FRAME_KIND_16);
	ck_assert_int_eq(target_options_of("frame=24").frame, FRAME_KIND_24);
	ck_assert_int_eq(target_options_of("frame=auto").frame, FRAME_KIND_AUTO);
	ck_assert_int_eq(target_options_of("ip_version=4").ip_version, IP_VERSION_4);
	ck_assert_int_eq(target_options_of("ip_version=6").ip_version, IP_VERSION_6);
	ck_assert_int_eq(target_options_of("ip_version=any").ip_version, IP_VERSION_ANY);
}
END_TEST

static const struct {
	const char *says;
	const char *own;
	const char *expected;
} inherited[] = {
	{"no options of its own", "", ALL},
	{"all options of its own", DEFAULTS " source=::2 interface=eth1",
		"interval=200ms timeout=800ms window=100 probe=echo frame=auto size=48 stamps=on tx_stamps=off source=::2 "
		"interface=eth1 dscp=0 "
		"ip_version=any"},
	{"codepoint 0 is given", "dscp=0",
		"interval=1s timeout=2s window=3 probe=connect frame=24 size=48 source=::1 interface=eth7 "
		"dscp=0 ip_version=6"},
	{"a source", "source=2001:db8::1",
		"interval=1s timeout=2s window=3 probe=connect frame=24 size=48 source=2001:db8::1 "
		"interface=eth7 dscp=46 "
		"ip_version=6"},
};

START_TEST(inherits_what_is_not_given)
{
	const struct target_options defaults = target_options_of(ALL);
	struct target_options options = target_options_of(inherited[_i].own);
	target_options_inherit(&options, &defaults);
	check_text(&options, inherited[_i].expected, inherited[_i].says);
	target_options_inherit(&options, &defaults);
	check_text(&options, inherited[_i].expected, "again");
}
END_TEST

START_TEST(what_neither_gives_is_not_given)
{
	struct target_options defaults;
	struct target_options options = {0};
	target_options_init(&defaults);
	target_options_inherit(&options, &defaults);
	ck_assert(!target_options_has(&options, OPTION_SOURCE));
	ck_assert_str_eq(options.source, "");
	ck_assert(target_options_are_equal(&options, &defaults));
}
END_TEST

static const char *const differences[] = {"interval=1ms", "timeout=1ms", "window=1", "probe=echo",
	"source=::2", "dscp=0", "ip_version=any"};

START_TEST(each_option_makes_a_difference)
{
	const struct target_options one = target_options_of(ALL);
	struct target_options other = one;
	ck_assert(target_options_are_equal(&one, &other));
	target_options_text_read(differences[_i], &other);
	ck_assert_msg(!target_options_are_equal(&one, &other), "%s", differences[_i]);
}
END_TEST

/* What a longer source left after the NUL does not count. */
START_TEST(sources_are_compared_as_text)
{
	struct target_options one = target_options_of("source=2001:db8::1234");
	const struct target_options other = target_options_of("source=::1");
	target_options_text_read("source=::1", &one);
	ck_assert(target_options_are_equal(&one, &other));
}
END_TEST

static const struct {
	const char *says;
	const char *options;
	const char *host;   /* NULL: not known. */
	const char *reason; /* The whole message; NULL if allowed. */
} checks[] = {
	{"the defaults", "", NULL, NULL},
	{"a size of whole frames", "size=1600", NULL, NULL},
	{"the largest", "size=65536", NULL, NULL},
	{"a size of frames of 24 bytes", "size=24 frame=24", NULL, NULL},
	{"a size that is no frames", "size=100", NULL,
		"size: 100 is not a multiple of a frame; allowed: 16 to 65536, in steps of 16"},
	{"a size that is no frames of 24 bytes", "size=1600 frame=24", NULL,
		"size: 1600 is not a multiple of a frame; allowed: 24 to 65520, in steps of 24"},
	{"new connections as often as allowed", "interval=100ms timeout=800ms probe=connect", NULL,
		NULL},
	{"new connections too often", "interval=99.999999ms timeout=800ms probe=connect", NULL,
		"interval: 99.999999ms is too short for connect probes, a new connection each; allowed: "
		"100ms to 24h"},
	{"as many connections as can be remembered",
		"interval=100ms timeout=1h49m13.1s probe=connect", NULL, NULL},
	{"one more", "interval=100ms timeout=1h49m13.100000001s probe=connect", NULL,
		"interval: 100ms is too short for a timeout of 1h49m13.100000001s (over 65536 "
		"probes would have to be remembered); allowed: 101ms or more"},
	{"an IPv4 source and any version", "interval=1s timeout=1s source=192.0.2.1", NULL, NULL},
	{"an IPv4 source and IPv4", "interval=1s timeout=1s source=192.0.2.1 ip_version=4",
		"192.0.2.2", NULL},
	{"an IPv4 source and IPv6", "interval=1s timeout=1s source=192.0.2.1 ip_version=6", NULL,
		"source: 192.0.2.1 is not an IPv6 address, but ip_version is 6"},
	{"an IPv6 source and IPv4", "interval=1s timeout=1s source=::1 ip_version=4", NULL,
		"source: ::1 is not an IPv4 address, but ip_version is 4"},
	{"an IPv6 source with an interface and IPv6",
		"interval=1s timeout=1s source=fe80::1%lo ip_version=6", "fe80::2%lo", NULL},
	{"a name and IPv6", "interval=1s timeout=1s ip_version=6", "server1", NULL},
	{"no host and IPv6", "interval=1s timeout=1s ip_version=6", "", NULL},
	{"no host and an IPv6 source", "interval=1s timeout=1s source=::1", "", NULL},
	{"an IPv4 address and IPv6", "interval=1s timeout=1s ip_version=6", "192.0.2.2",
		"address: 192.0.2.2 is not an IPv6 address, but ip_version is 6"},
	{"an IPv6 address and IPv4", "interval=1s timeout=1s ip_version=4", "2001:db8::1",
		"address: 2001:db8::1 is not an IPv4 address, but ip_version is 4"},
	{"an IPv6 address with an interface and IPv4", "interval=1s timeout=1s ip_version=4",
		"fe80::1%eth0",
		"address: fe80::1%eth0 is not an IPv4 address, but ip_version is 4"},
	{"from IPv4 to IPv6", "interval=1s timeout=1s source=192.0.2.1", "::1",
		"source: 192.0.2.1 cannot reach ::1; allowed: an IPv6 address"},
	{"from IPv6 to IPv4", "interval=1s timeout=1s source=::1", "192.0.2.1",
		"source: ::1 cannot reach 192.0.2.1; allowed: an IPv4 address"},
};

START_TEST(checks_options_together_and_with_the_address)
{
	struct target_options options;
	target_options_init(&options);
	target_options_text_read(checks[_i].options, &options);
	struct endpoint address = {.port = 4000};
	if (checks[_i].host)
		snprintf(address.host, sizeof(address.host), "%s", checks[_i].host);
	struct text_error error = {.reason = ""};
	int result = target_options_check(&options, checks[_i].host ? &address : NULL, &error);
	const char *reason = checks[_i].reason ? checks[_i].reason : "";
	ck_assert_msg(result == (checks[_i].reason ? -EINVAL : 0), "%s: %s", checks[_i].says,
		error.reason);
	ck_assert_msg(strcmp(error.reason, reason) == 0, "%s: %s", checks[_i].says, error.reason);
}
END_TEST

START_TEST(a_value_out_of_range_is_refused_wherever_it_came_from)
{
	struct target_options options;
	struct text_error error;
	target_options_init(&options);
	options.window = LOSS_WINDOW_MAX + 1;
	ck_assert_int_eq(target_options_check(&options, NULL, &error), -EINVAL);
	ck_assert_str_eq(error.reason, "window: 1000001 is out of range; allowed: 1 to 1000000");
	target_options_init(&options);
	options.dscp = 64;
	ck_assert_int_eq(target_options_check(&options, NULL, &error), -EINVAL);
	ck_assert_str_eq(error.reason, "dscp: 64 is out of range; allowed: 0 to 63");
}
END_TEST

static const struct {
	const char *says;
	int64_t interval_ns;
	int64_t timeout_ns;
	uint32_t records;
} records[] = {
	{"the defaults", 200 * NS_PER_MS, 800 * NS_PER_MS, 8},
	{"a timeout of less than an interval", DAY_NS, NS_PER_MS, 2},
	{"an interval of all the time that is waited", 600 * NS_PER_MS, 100 * NS_PER_MS, 3},
	{"just less", 600 * NS_PER_MS + 1, 100 * NS_PER_MS, 2},
	{"the most", NS_PER_MS, 65036 * NS_PER_MS, TARGET_RECORDS_MAX + 2},
};

START_TEST(there_is_a_record_for_every_probe_that_can_be_unanswered)
{
	const struct target_options options = {
		.interval_ns = records[_i].interval_ns, .timeout_ns = records[_i].timeout_ns};
	ck_assert_msg(target_options_records(&options) == records[_i].records, "%s: %u",
		records[_i].says, target_options_records(&options));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("target_options");
	tcase_add_test(tcase, the_defaults_are_those_of_the_table);
	tcase_add_test(tcase, every_option_has_its_field);
	tcase_add_test(tcase, words_are_in_the_order_of_their_enums);
	tcase_add_loop_test(tcase, inherits_what_is_not_given, 0, ROWS(inherited));
	tcase_add_test(tcase, what_neither_gives_is_not_given);
	tcase_add_loop_test(tcase, each_option_makes_a_difference, 0, ROWS(differences));
	tcase_add_test(tcase, sources_are_compared_as_text);
	tcase_add_loop_test(tcase, checks_options_together_and_with_the_address, 0, ROWS(checks));
	tcase_add_test(tcase, a_value_out_of_range_is_refused_wherever_it_came_from);
	tcase_add_loop_test(
		tcase, there_is_a_record_for_every_probe_that_can_be_unanswered, 0, ROWS(records));
	return unit_run("config/target_options", tcase);
}
