/* SPDX-License-Identifier: MIT */
#include "collectd/list_types.h"

#include <math.h>
#include <string.h>

#include "../unit.h"

static const struct {
	const char *says;
	const char *type;
	const char *instance;
	double max;
	bool is_derive;
} rows[] = {
	{"a counter", "tcp_echo_sent", "", NAN, true},
	{"a gauge", "tcp_echo_in_flight", "", NAN, false},
	{"a flag", "tcp_echo_connected", "", 1, false},
	{"a share", "tcp_echo_loss_percent", "", 100, false},
	{"a time", "tcp_echo_last_rtt_seconds", "", NAN, false},
	{"a reason", "tcp_echo_connect_failures", "resolve", NAN, true},
	{"another reason", "tcp_echo_disconnects", "stalled", NAN, true},
	{"the first bucket", "tcp_echo_rtt_seconds_bucket_le_0_0001", "", NAN, true},
	{"a bound above a second", "tcp_echo_rtt_seconds_bucket_le_1_6384", "", NAN, true},
	{"the last bucket", "tcp_echo_rtt_seconds_bucket_le_inf", "", NAN, true},
	{"a histogram's count", "tcp_echo_rtt_seconds_count", "", NAN, true},
	{"a histogram's sum has a fraction", "tcp_echo_rtt_seconds_sum", "", NAN, false},
	{"what happened since the last reading", "tcp_echo_reading_rtt_p99_seconds", "", NAN,
		false},
	{"loss since the last reading", "tcp_echo_reading_loss_percent", "", 100, false},
	{"a target's info", "tcp_echo_target_info", "", 1, false},
	{"the lowest bound", "tcp_echo_send_lag_seconds_bucket_le_0_00001", "", NAN, true},
	{"a gauge of the server", "tcp_echo_server_connections", "", NAN, false},
	{"a reason of the server", "tcp_echo_server_closed", "timeout", NAN, true},
	{"a counter with a fraction", "process_cpu_seconds_total", "", NAN, false},
	{"everybody's name", "process_open_fds", "", NAN, false},
	{"a build's info", "tcp_echo_build_info", "", 1, false},
};

/* Calls visit() for each number of the table, up to the first that it returns true for. */
static bool visit_all(
	bool (*visit)(const void *context, const struct list_type *type, const char *instance),
	const void *context)
{
	for (size_t i = 0; i < metric_table_size; i++) {
		for (unsigned k = 0; k < metric_numbers(&metric_table[i]); k++) {
			struct list_type type;
			char instance[LIST_INSTANCE_MAX];
			list_type_describe(&metric_table[i], k, &type);
			list_type_instance(&metric_table[i], k, instance);
			if (visit(context, &type, instance))
				return true;
		}
	}
	return false;
}

static bool is_row(const void *context, const struct list_type *type, const char *instance)
{
	const int *row = context;
	if (strcmp(type->name, rows[*row].type) != 0 || strcmp(instance, rows[*row].instance) != 0)
		return false;
	ck_assert_msg(type->is_derive == rows[*row].is_derive, "%s", rows[*row].says);
	ck_assert_msg(type->max == rows[*row].max || (isnan(type->max) && isnan(rows[*row].max)),
		"%s: %g", rows[*row].says, type->max);
	return true;
}

START_TEST(names_and_describes_a_number)
{
	ck_assert_msg(visit_all(is_row, &_i), "%s: there is no %s-%s", rows[_i].says, rows[_i].type,
		rows[_i].instance);
}
END_TEST

/*
 * What the writers take: letters, digits and "_" in a type; no blank, "/" or "-" in an instance, which
 * could be taken for the end of it.
 */
static bool is_wrong(const void *context, const struct list_type *type, const char *instance)
{
	(void)context;
	const char *name = type->name;
	ck_assert_uint_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789"), strlen(name));
	ck_assert_uint_eq(strcspn(instance, " /\t\""), strlen(instance));
	/* write_prometheus adds it to each DERIVE. */
	const char *total = strstr(name, "_total");
	ck_assert_msg(!total || !type->is_derive, "%s", name);
	return false;
}

START_TEST(has_names_that_any_writer_takes)
{
	ck_assert(!visit_all(is_wrong, NULL));
}
END_TEST

struct counter {
	const char *name;
	const char *instance;
	unsigned *count;
};

static bool count_same(const void *context, const struct list_type *type, const char *instance)
{
	const struct counter *counter = context;
	if (strcmp(type->name, counter->name) == 0 && strcmp(instance, counter->instance) == 0)
		++*counter->count;
	return false;
}

static bool check_unique(const void *context, const struct list_type *type, const char *instance)
{
	(void)context;
	unsigned count = 0;
	const struct counter counter = {type->name, instance, &count};
	visit_all(count_same, &counter);
	ck_assert_msg(count == 1, "%s-%s occurs %u times", type->name, instance, count);
	return false;
}

START_TEST(tells_all_numbers_apart)
{
	visit_all(check_unique, NULL);
}
END_TEST

START_TEST(knows_buckets)
{
	unsigned buckets = 0;
	for (size_t i = 0; i < metric_table_size; i++) {
		for (unsigned k = 0; k < metric_numbers(&metric_table[i]); k++) {
			struct list_type type;
			list_type_describe(&metric_table[i], k, &type);
			bool is_bucket = strstr(type.name, "_bucket") != NULL;
			ck_assert(list_type_is_bucket(&metric_table[i], k) == is_bucket);
			buckets += is_bucket;
		}
	}
	/* Of round trips, of the lag and of the way to the device. */
	ck_assert_uint_eq(buckets, UINT64_C(3) * HISTOGRAM_BUCKETS);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("list_types");
	tcase_add_loop_test(tcase, names_and_describes_a_number, 0, ROWS(rows));
	tcase_add_test(tcase, has_names_that_any_writer_takes);
	tcase_add_test(tcase, tells_all_numbers_apart);
	tcase_add_test(tcase, knows_buckets);
	return unit_run("collectd/list_types", tcase);
}
