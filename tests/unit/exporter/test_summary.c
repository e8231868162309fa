/* SPDX-License-Identifier: MIT */
#include "exporter/summary.h"

#include <string.h>

#include "../unit.h"
#include "base/clock.h"

static struct target_stats *stats[SUMMARY_TARGETS_MAX + 1];
static struct target_snapshot targets[SUMMARY_TARGETS_MAX + 1];
static struct distribution distributions[SUMMARY_TARGETS_MAX + 1];
static char *text;

static void set_up(void)
{
	for (int i = 0; i < ROWS(stats); i++)
		ck_assert_int_eq(target_stats_new(100, &stats[i]), 0);
}

static void tear_down(void)
{
	for (int i = 0; i < ROWS(stats); i++)
		target_stats_free(stats[i]);
	free(text);
	text = NULL;
}

static void receive(int number, int64_t rtt_ns, int times)
{
	for (int i = 0; i < times; i++) {
		target_stats_sent(stats[number]);
		target_stats_received(stats[number], rtt_ns);
	}
}

static void lose(int number, int times)
{
	for (int i = 0; i < times; i++) {
		target_stats_sent(stats[number]);
		target_stats_timed_out(stats[number], 1);
	}
}

static const char *summarise(const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct target_distributions copies = {.rtt = &distributions[i]};
		targets[i] = (struct target_snapshot){
			.name = names ? names[i] : "a", .distribution = &distributions[i]};
		target_stats_read_all(stats[i], &targets[i].values, &copies);
	}
	const struct snapshot snapshot = {
		.has_prober = true, .targets = targets, .target_count = count};
	struct buffer buffer = {0};
	summary_append(&snapshot, &buffer);
	buffer_append(&buffer, "", 1);
	size_t length;
	free(text);
	text = buffer_release(&buffer, &length);
	return text;
}

START_TEST(has_a_line_for_each_target)
{
	static const char *const names[] = {"near", "Z\xc3\xbcrich", "gone"};
	receive(0, 50 * NS_PER_US, 999);
	receive(0, 12 * NS_PER_MS, 1);
	receive(1, 150 * NS_PER_MS, 40);
	lose(1, 2);
	target_stats_late(stats[1]);
	lose(2, 5);
	/* Middles of buckets, less than 5 % from what is in them. */
	ck_assert_str_eq(summarise(names, 3),
		"target  sent  received  late    loss       min    median       p99      max\n"
		"near    1000      1000     0     0 %  0.049 ms  0.049 ms  0.049 ms  11.5 ms\n"
		"Z\xc3\xbcrich    42        40     1  4.76 %    150 ms    155 ms    155 ms   155 ms\n"
		"gone       5         0     0   100 %         -         -         -        -\n");
}
END_TEST

START_TEST(a_loss_never_reads_as_none)
{
	receive(0, NS_PER_MS, 100000);
	lose(0, 1);
	ck_assert_ptr_nonnull(strstr(summarise(NULL, 1), "  0.01 %"));
	lose(1, 2000);
	receive(1, NS_PER_MS, 1);
	const char *said = summarise(NULL, 2);
	ck_assert_msg(strstr(said, "  99.95 %") || strstr(said, "  100 %"), "%s", said);
}
END_TEST

START_TEST(a_target_without_probes_has_no_numbers)
{
	ck_assert_str_eq(summarise(NULL, 1),
		"target  sent  received  late  loss  min  median  p99  max\n"
		"a          0         0     0     -    -       -    -    -\n");
}
END_TEST

START_TEST(says_nothing_of_too_many_or_none)
{
	ck_assert_str_eq(summarise(NULL, 0), "");
	ck_assert_str_eq(summarise(NULL, SUMMARY_TARGETS_MAX + 1), "");
	ck_assert_str_ne(summarise(NULL, SUMMARY_TARGETS_MAX), "");
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("summary");
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, has_a_line_for_each_target);
	tcase_add_test(tcase, a_loss_never_reads_as_none);
	tcase_add_test(tcase, a_target_without_probes_has_no_numbers);
	tcase_add_test(tcase, says_nothing_of_too_many_or_none);
	return unit_run("exporter/summary", tcase);
}
