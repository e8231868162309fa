/* SPDX-License-Identifier: MIT */
#include "scrape/api_requests.h"

#include <string.h>

#include "../unit.h"

static const struct {
	const char *says;
	const char *query;
	const char *wrong; /* The parameter that a refusal names; NULL: it is fine. */
	struct api_list list;
} lists[] = {
	{"nothing", "", NULL, {"", RANKING_WORST, 200, HISTORY_COARSE, 0}},
	{"all of it", "q=par&sort=loss&limit=10&step=5&since=7", NULL,
		{"par", RANKING_LOSS, 10, HISTORY_FINE, 7}},
	{"by name", "sort=name", NULL, {"", RANKING_NAME, 200, HISTORY_COARSE, 0}},
	{"by median", "sort=median", NULL, {"", RANKING_MEDIAN, 200, HISTORY_COARSE, 0}},
	{"the worst first", "sort=worst&limit=1000", NULL,
		{"", RANKING_WORST, 1000, HISTORY_COARSE, 0}},
	{"an unknown parameter", "colour=red", NULL, {"", RANKING_WORST, 200, HISTORY_COARSE, 0}},
	{"text with spaces", "q=+a%20", NULL, {" a ", RANKING_WORST, 200, HISTORY_COARSE, 0}},
	{"an unknown order", "sort=best", "sort", {0}},
	{"the start of an order", "sort=w", "sort", {0}},
	{"no order", "sort=", "sort", {0}},
	{"an order far too long", "sort=worstworstworstworst", "sort", {0}},
	{"a limit of 0", "limit=0", "limit", {0}},
	{"a limit too high", "limit=1001", "limit", {0}},
	{"a limit that is no number", "limit=all", "limit", {0}},
	{"a step in between", "step=30", "step", {0}},
	{"a step of nothing", "step=", "step", {0}},
	{"a step with a unit", "step=60s", "step", {0}},
	{"since a time", "since=yesterday", "since", {0}},
	{"text that is not UTF-8", "q=%ff", "q ", {0}},
	{"two texts", "q=a&q=b", "q ", {0}},
};

START_TEST(reads_or_refuses_a_list)
{
	char text[API_TEXT_MAX];
	struct api_list list = {.limit = 77};
	const char *wrong = api_requests_read_list(lists[_i].query, text, &list);
	if (lists[_i].wrong) {
		ck_assert_msg(wrong, "%s", lists[_i].says);
		ck_assert_msg(strncmp(wrong, lists[_i].wrong, strlen(lists[_i].wrong)) == 0,
			"%s: %s", lists[_i].says, wrong);
		ck_assert_uint_eq(list.limit, 77);
		return;
	}
	ck_assert_msg(!wrong, "%s: %s", lists[_i].says, wrong);
	ck_assert_str_eq(list.text, lists[_i].list.text);
	ck_assert_msg(list.order == lists[_i].list.order, "%s", lists[_i].says);
	ck_assert_msg(list.scale == lists[_i].list.scale, "%s", lists[_i].says);
	ck_assert_uint_eq(list.limit, lists[_i].list.limit);
	ck_assert_uint_eq(list.since, lists[_i].list.since);
}
END_TEST

START_TEST(a_text_has_a_longest_length)
{
	char query[2 + API_TEXT_MAX + 1] = "q=";
	char text[API_TEXT_MAX];
	struct api_list list;
	memset(query + 2, 'a', API_TEXT_MAX - 1);
	ck_assert_ptr_null(api_requests_read_list(query, text, &list));
	ck_assert_uint_eq(strlen(list.text), API_TEXT_MAX - 1);
	query[2 + API_TEXT_MAX - 1] = 'a';
	ck_assert_ptr_nonnull(api_requests_read_list(query, text, &list));
}
END_TEST

START_TEST(reads_a_name)
{
	char name[API_NAME_MAX];
	char query[5 + API_NAME_MAX + 1] = "name=";
	ck_assert_ptr_null(api_requests_read_name("name=%3Cscript%3E", name));
	ck_assert_str_eq(name, "<script>");
	ck_assert_ptr_nonnull(api_requests_read_name("", name));
	ck_assert_ptr_nonnull(api_requests_read_name("name=a&name=b", name));
	ck_assert_ptr_nonnull(api_requests_read_name("name=%0a", name));
	memset(query + 5, 'a', API_NAME_MAX - 1);
	ck_assert_ptr_null(api_requests_read_name(query, name));
	ck_assert_uint_eq(strlen(name), API_NAME_MAX - 1);
	query[5 + API_NAME_MAX - 1] = 'a';
	ck_assert_ptr_null(api_requests_read_name(query, name));
	ck_assert_str_eq(name, "");
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("api_requests");
	tcase_add_loop_test(tcase, reads_or_refuses_a_list, 0, ROWS(lists));
	tcase_add_test(tcase, a_text_has_a_longest_length);
	tcase_add_test(tcase, reads_a_name);
	return unit_run("scrape/api_requests", tcase);
}
