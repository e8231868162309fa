/* SPDX-License-Identifier: MIT */
#include "collectd/list_types.h"

#include <math.h>
#include <string.h>

#include "../unit.h"

static const struct {
	const char *says;
	const char *type;
	const char *source;
	double max;
	enum metric_list list;
	bool is_derive;
} rows[] = {
	{"a counter", "tcp_echo", "sent", NAN, LIST_TARGET, true},
	{"a gauge", "tcp_echo", "in_flight", NAN, LIST_TARGET, false},
	{"a flag", "tcp_echo", "connected", 1, LIST_TARGET, false},
	{"a share", "tcp_echo", "loss_percent", 100, LIST_TARGET, false},
	{"a reason", "tcp_echo", "connect_failures_resolve", NAN, LIST_TARGET, true},
	{"the first bucket", "tcp_echo", "rtt_seconds_bucket_le_0_0001", NAN, LIST_TARGET, true},
	{"a bound above a second", "tcp_echo", "rtt_seconds_bucket_le_1_6384", NAN, LIST_TARGET,
		true},
	{"the last bucket", "tcp_echo", "rtt_seconds_bucket_le_inf", NAN, LIST_TARGET, true},
	{"a histogram's count", "tcp_echo", "rtt_seconds_count", NAN, LIST_TARGET, true},
	{"a histogram's sum has a fraction", "tcp_echo", "rtt_seconds_sum", NAN, LIST_TARGET,
		false},
	{"words that the type already says are left out", "tcp_echo_last_rtt", "seconds", NAN,
		LIST_LAST_RTT, false},
	{"the time of the handshake", "tcp_echo_last_connect", "seconds", NAN, LIST_LAST_CONNECT,
		false},
	{"one of two", "tcp_echo_tcp", "min_rtt_seconds", NAN, LIST_TCP, false},
	{"a target's info", "tcp_echo_target", "info", 1, LIST_ADDRESSES, false},
	{"the lowest bound", "tcp_echo_send_lag", "seconds_bucket_le_0_00001", NAN, LIST_SEND_LAG,
		true},
	{"a gauge of the server", "tcp_echo_server", "connections", NAN, LIST_SERVER, false},
	{"a reason of the server", "tcp_echo_server", "closed_timeout", NAN, LIST_SERVER, true},
	{"one of ours among those of the process", "tcp_echo_process", "up", 1, LIST_PROCESS,
		false},
	{"a counter with a fraction", "tcp_echo_process", "cpu_seconds", NAN, LIST_PROCESS, false},
	{"everybody's name", "tcp_echo_process", "open_fds", NAN, LIST_PROCESS, false},
	{"a build's info", "tcp_echo_build", "info", 1, LIST_BUILD, false},
};

START_TEST(names_and_describes_a_source)
{
	struct list_source sources[LIST_SOURCES_MAX];
	size_t count = list_type_sources(rows[_i].list, sources);
	size_t at = 0;
	while (at < count && strcmp(sources[at].name, rows[_i].source) != 0)
		at++;
	ck_assert_msg(at < count, "%s: there is no %s", rows[_i].says, rows[_i].source);
	ck_assert_msg(sources[at].is_derive == rows[_i].is_derive, "%s", rows[_i].says);
	double max = sources[at].max;
	ck_assert_msg(max == rows[_i].max || (isnan(max) && isnan(rows[_i].max)), "%s: %g",
		rows[_i].says, max);
	ck_assert_str_eq(list_type_name(rows[_i].list), rows[_i].type);
}
END_TEST

/* An average or sum over targets is NAN if any of its values is. */
START_TEST(keeps_a_targets_possibly_unknown_values_apart)
{
	for (size_t i = 0; i < metric_table_size; i++) {
		const struct metric *metric = &metric_table[i];
		if (metric->subject == METRIC_OF_TARGET && metric->known == KNOWN_UNLESS_NEGATIVE)
			ck_assert_msg(metric->list != LIST_TARGET, "%s", metric->name);
	}
}
END_TEST

/* A list is filled from one struct. */
START_TEST(lists_are_about_one_subject)
{
	const struct metric *first = NULL;
	for (size_t i = 0; i < metric_table_size; i++) {
		if ((int)metric_table[i].list != _i)
			continue;
		first = first ? first : &metric_table[i];
		ck_assert_int_eq(metric_table[i].subject, first->subject);
	}
	ck_assert_ptr_nonnull(first);
}
END_TEST

START_TEST(sources_have_names_that_any_daemon_accepts)
{
	struct list_source sources[LIST_SOURCES_MAX];
	size_t count = list_type_sources((enum metric_list)_i, sources);
	ck_assert_uint_ge(count, 1);
	for (size_t i = 0; i < count; i++) {
		const char *name = sources[i].name;
		ck_assert_uint_eq(
			strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789"), strlen(name));
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(name, sources[k].name);
	}
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("list_types");
	tcase_add_loop_test(tcase, names_and_describes_a_source, 0, ROWS(rows));
	tcase_add_test(tcase, keeps_a_targets_possibly_unknown_values_apart);
	tcase_add_loop_test(tcase, lists_are_about_one_subject, 0, LISTS);
	tcase_add_loop_test(tcase, sources_have_names_that_any_daemon_accepts, 0, LISTS);
	return unit_run("collectd/list_types", tcase);
}
