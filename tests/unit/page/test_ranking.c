/* SPDX-License-Identifier: MIT */
#include "page/ranking.h"

#include "../unit.h"
#include "fake_history.h"
#include "words.h"

#define DOWN(text, since_ns)                                                                       \
	{                                                                                          \
		.name = (text), .address = "h:1", .peer = "", .values = {                          \
			.connects = 1,                                                             \
			.latest = {.unix_ns = (since_ns), .kind = TARGET_EVENT_DOWN}               \
		}                                                                                  \
	}
#define LOSSY(text, losses)                                                                        \
	{                                                                                          \
		.name = (text), .address = "h:1", .peer = "", .values = {                          \
			.connected = true,                                                         \
			.window_settled = 100,                                                     \
			.window_lost = (losses)                                                    \
		}                                                                                  \
	}
#define UP(text)                                                                                   \
	{                                                                                          \
		.name = (text), .address = "h:1", .peer = "", .values = {.connected = true }       \
	}
#define STARTING(text)                                                                             \
	{                                                                                          \
		.name = (text), .address = "h:1", .peer = "", .values = {.connected = false }      \
	}

/* Writes the names in order, and closes them with the count of those that are down. */
static void check_order(struct target_snapshot *targets, size_t count, struct history *history,
	enum ranking_order order, const char *text, const char *expected)
{
	const struct snapshot snapshot = {.targets = targets, .target_count = count};
	struct ranking ranking;
	char names[256] = "";
	ck_assert_int_eq(ranking_make(&snapshot, history, text, order, &ranking), 0);
	for (size_t i = 0; i < ranking.count; i++)
		words_append(names, sizeof(names), ranking.targets[i].target->name);
	ck_assert_str_eq(names, expected);
	ranking_clear(&ranking);
}

START_TEST(the_worst_come_first)
{
	struct target_snapshot targets[] = {UP("b"), STARTING("s"), LOSSY("l2", 2), DOWN("d2", 20),
		UP("a"), LOSSY("l9", 9), DOWN("d1", 10), DOWN("d3", 20)};
	check_order(targets, 8, NULL, RANKING_WORST, "", "d1 d2 d3 l9 l2 s a b");
	check_order(targets, 8, NULL, RANKING_NAME, "", "a b d1 d2 d3 l2 l9 s");
	check_order(targets, 8, NULL, RANKING_LOSS, "", "l9 l2 a b d1 d2 d3 s");
}
END_TEST

START_TEST(medians_are_of_the_history)
{
	/* Those of odd ids are unknown. */
	struct target_snapshot targets[] = {UP("a"), UP("b"), UP("c")};
	for (size_t i = 0; i < 3; i++)
		targets[i].id = i + 1;
	struct history history = {.recent = 1 + 80, .usual = 1 + 70};
	check_order(targets, 3, &history, RANKING_MEDIAN, "", "b a c");
	check_order(targets, 3, &history, RANKING_WORST, "", "b a c");
	history.usual = 1 + 75;
	check_order(targets, 3, &history, RANKING_WORST, "", "a b c");
}
END_TEST

START_TEST(medians_are_of_all_round_trips_without_a_history)
{
	static const struct distribution quick = {.counts = {[40] = 9}};
	static const struct distribution slow = {.counts = {[40] = 1, [90] = 9}};
	struct target_snapshot targets[] = {UP("a"), UP("b"), UP("c")};
	targets[0].distribution = &quick;
	targets[1].distribution = &slow;
	check_order(targets, 3, NULL, RANKING_MEDIAN, "", "b a c");
	struct ranked_target ranked;
	ranking_rank(&targets[1], NULL, &ranked);
	ck_assert_int_eq(ranked.median_ns, (int64_t)(distribution_middle(90) * 1e9));
	ranking_rank(&targets[2], NULL, &ranked);
	ck_assert_int_eq(ranked.median_ns, -1);
}
END_TEST

static const struct {
	const char *text;
	const char *names;
} filters[] = {
	{"", "caf\xc3\xa9 lyon paris"},
	{"r", "lyon paris"},
	{"PARIS", "paris"},
	{"yon", "lyon"},
	{"10.0.0.7", "lyon"},
	{"net:4000", "paris"},
	{"\xc3\xa9", "caf\xc3\xa9"},
	{"west", "lyon"},
	{"site", ""},
	{"paris2", ""},
	{"a name that is longer than any of the texts", ""},
};

START_TEST(a_text_filters)
{
	struct target_snapshot targets[] = {UP("paris"), UP("lyon"), UP("caf\xc3\xa9")};
	targets[0].address = "P.example.net:4000";
	targets[1].peer = "10.0.0.7:1";
	char label[] = "site\0Far West";
	targets[1].labels = (struct labels){.text = label, .size = sizeof(label)};
	check_order(targets, 3, NULL, RANKING_WORST, filters[_i].text, filters[_i].names);
}
END_TEST

START_TEST(counts_all_whatever_matches)
{
	struct target_snapshot targets[] = {UP("b"), STARTING("s"), LOSSY("l2", 2), DOWN("d2", 20)};
	const struct snapshot snapshot = {.targets = targets, .target_count = 4};
	struct ranking ranking;
	ck_assert_int_eq(ranking_make(&snapshot, NULL, "nothing", RANKING_WORST, &ranking), 0);
	ck_assert_uint_eq(ranking.count, 0);
	ck_assert_uint_eq(ranking.states[TARGET_STATE_DOWN], 1);
	ck_assert_uint_eq(ranking.states[TARGET_STATE_LOSSY], 1);
	ck_assert_uint_eq(ranking.states[TARGET_STATE_SLOW], 0);
	ck_assert_uint_eq(ranking.states[TARGET_STATE_STARTING], 1);
	ck_assert_uint_eq(ranking.states[TARGET_STATE_UP], 1);
	ranking_clear(&ranking);
}
END_TEST

static const struct {
	size_t limit;
	size_t most;
	const char *names;
} choices[] = {
	{1, 9, "a y z"},
	{2, 9, "a b y z"},
	{4, 9, "a b y z"},
	{1, 2, "a y"},
	{9, 9, "a b y z"},
};

START_TEST(those_that_are_down_are_never_left_out)
{
	struct target_snapshot targets[] = {UP("b"), DOWN("z", 20), UP("a"), DOWN("y", 20)};
	const struct snapshot snapshot = {.targets = targets, .target_count = 4};
	struct ranking ranking;
	ck_assert_int_eq(ranking_make(&snapshot, NULL, "", RANKING_NAME, &ranking), 0);
	size_t count = ranking_choose(&ranking, choices[_i].limit, choices[_i].most);
	char names[64] = "";
	for (size_t i = 0; i < count; i++)
		words_append(names, sizeof(names), ranking.targets[i].target->name);
	ck_assert_str_eq(names, choices[_i].names);
	ranking_clear(&ranking);
}
END_TEST

START_TEST(no_target_is_no_trouble)
{
	const struct snapshot snapshot = {0};
	struct ranking ranking;
	ck_assert_int_eq(ranking_make(&snapshot, NULL, "", RANKING_WORST, &ranking), 0);
	ck_assert_uint_eq(ranking_choose(&ranking, 200, 1000), 0);
	ranking_clear(&ranking);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("ranking");
	tcase_add_test(tcase, the_worst_come_first);
	tcase_add_test(tcase, medians_are_of_the_history);
	tcase_add_test(tcase, medians_are_of_all_round_trips_without_a_history);
	tcase_add_loop_test(tcase, a_text_filters, 0, ROWS(filters));
	tcase_add_test(tcase, counts_all_whatever_matches);
	tcase_add_loop_test(tcase, those_that_are_down_are_never_left_out, 0, ROWS(choices));
	tcase_add_test(tcase, no_target_is_no_trouble);
	return unit_run("page/ranking", tcase);
}
