/* SPDX-License-Identifier: MIT */
#include "page/landing_page.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "fake_history.h"

static char *render_view(const struct page_view *view)
{
	struct buffer buffer = {0};
	ck_assert_int_eq(landing_page_write(view, &buffer), 0);
	buffer_append(&buffer, "", 1);
	size_t length;
	char *text = buffer_release(&buffer, &length);
	ck_assert_ptr_nonnull(text);
	return text;
}

static char *render(const struct snapshot *snapshot)
{
	const struct page_view view = {
		.snapshot = snapshot, .listening = "[::]:4000", .version = "1.2.3<"};
	return render_view(&view);
}

static void check_has(const char *page, const char *text)
{
	ck_assert_msg(strstr(page, text), "no %s in %s", text, page);
}

/* 98 round trips of 1 ms, 2 of 30 ms. */
static const struct distribution round_trips = {.counts = {[53] = 98, [92] = 2}};

static const struct target_snapshot up = {
	.name = "server1",
	.address = "host:4000",
	.peer = "192.0.2.1:4000",
	.values = {.sent = 200,
		.last_rtt_ns = 1234567,
		.window_settled = 100,
		.window_lost = 3,
		.connected = true},
	.distribution = &round_trips,
};

/* It answered once, but that says nothing of now. */
static const struct target_snapshot down = {
	.name = "server2",
	.address = "other:4000",
	.peer = "",
	.values = {.connects = 1,
		.last_rtt_ns = 7654321,
		.failure = {.kind = TARGET_FAILURE_OF_CONNECT, .reason = CONNECT_FAILURE_REFUSED}},
};

START_TEST(shows_program_version_and_a_link_to_the_metrics)
{
	struct snapshot snapshot = {0};
	char *page = render(&snapshot);
	ck_assert_ptr_eq(strstr(page, "<!DOCTYPE html>"), page);
	check_has(page, "<title>tcp-echo-metrics</title>");
	check_has(page, "1.2.3&lt;");
	check_has(page, "<a href=\"metrics\">");
	ck_assert_ptr_null(strstr(page, "<table"));
	ck_assert_ptr_null(strstr(page, "section"));
	/* What the policy allows, by relative links. */
	check_has(page, "<script src=\"page.js\" defer></script>");
	check_has(page, "<link rel=\"stylesheet\" href=\"page.css\">");
	ck_assert_ptr_null(strstr(page, "style="));
	free(page);
}
END_TEST

START_TEST(shows_a_row_per_target)
{
	struct target_snapshot targets[] = {up, down};
	struct snapshot snapshot = {.has_prober = true, .targets = targets, .target_count = 2};
	char *page = render(&snapshot);
	check_has(page, "1 of 2 are up");
	/* The worst first. */
	check_has(page, "<tbody>\n<tr><td>server2</td><td class=\"down\">down (refused)</td>"
			"<td class=\"n\"></td><td class=\"n\">0.00 %</td>"
			"<td>other:4000</td><td></td><td class=\"n\">0</td></tr>\n"
			"<tr><td>server1</td><td class=\"lossy\">lossy</td>"
			"<td class=\"n\">1.019 ms</td><td class=\"n\">3.00 %</td>"
			"<td>host:4000</td><td>192.0.2.1:4000</td>"
			"<td class=\"n\">200</td></tr>");
	ck_assert_ptr_null(strstr(page, "first"));
	free(page);
}
END_TEST

static const struct {
	const char *says;
	uint32_t lost;
	uint32_t settled;
	const char *text;
} losses[] = {
	{"empty window", 0, 0, ">0.00 %<"},
	{"none", 0, 7, ">0.00 %<"},
	{"all", 7, 7, ">100.00 %<"},
	{"a third", 1, 3, ">33.34 %<"},
	{"a tiny loss never reads as none", 1, 1000000, ">0.01 %<"},
};

START_TEST(rounds_loss_up)
{
	struct target_snapshot target = up;
	target.values.window_lost = losses[_i].lost;
	target.values.window_settled = losses[_i].settled;
	struct snapshot snapshot = {.has_prober = true, .targets = &target, .target_count = 1};
	char *page = render(&snapshot);
	ck_assert_msg(strstr(page, losses[_i].text), "%s", losses[_i].says);
	free(page);
}
END_TEST

static size_t count_of(const char *page, const char *text)
{
	size_t count = 0;
	for (; (page = strstr(page, text)); page += strlen(text))
		count++;
	return count;
}

START_TEST(escapes_text_from_outside)
{
	struct target_snapshot target = up;
	target.name = "<script>alert(\"a&b\")</script>";
	target.address = "'x':4000";
	target.peer = "&amp;";
	struct snapshot snapshot = {.has_prober = true, .targets = &target, .target_count = 1};
	char *page = render(&snapshot);
	check_has(page, "<td>&lt;script&gt;alert(&quot;a&amp;b&quot;)&lt;/script&gt;</td>");
	check_has(page, "<td>&#39;x&#39;:4000</td>");
	check_has(page, "<td>&amp;amp;</td>");
	ck_assert_uint_eq(count_of(page, "<script"), 1);
	free(page);
}
END_TEST

/* Renders a page of targets; checks the rows, and whether the page says that it omits some. */
static void check_rows(size_t targets, size_t rows, bool says_so)
{
	struct target_snapshot *made = calloc(targets, sizeof(*made));
	ck_assert_ptr_nonnull(made);
	for (size_t i = 0; i < targets; i++)
		made[i] = up;
	struct snapshot snapshot = {.has_prober = true, .targets = made, .target_count = targets};
	char *page = render(&snapshot);
	ck_assert_uint_eq(count_of(page, "<td>server1</td>"), rows);
	ck_assert_int_eq(strstr(page, "the first 200 of") != NULL, says_so);
	free(page);
	free(made);
}

START_TEST(shows_the_first_targets_and_says_how_many_there_are)
{
	check_rows(LANDING_PAGE_ROWS_MAX, LANDING_PAGE_ROWS_MAX, false);
	check_rows(LANDING_PAGE_ROWS_MAX + 1, LANDING_PAGE_ROWS_MAX, true);
}
END_TEST

START_TEST(shows_the_echo_server)
{
	struct snapshot snapshot = {
		.has_server = true, .server = {.connections = 12, .frames = 345}};
	char *page = render(&snapshot);
	check_has(page, "Echo server");
	check_has(page, "Listening on [::]:4000.");
	check_has(page, "Open connections: 12.");
	check_has(page, "Frames returned: 345.");
	ck_assert_ptr_null(strstr(page, "<table"));
	free(page);
}
END_TEST

START_TEST(shows_who_uses_it)
{
	struct snapshot snapshot = {.has_server = true};
	struct server_peer open[] = {{.since_unix_ns = INT64_C(784111777) * NS_PER_S,
		.frames = 12,
		.address = "192.0.2.7:5"}};
	const struct server_peers peers = {.peers = open, .peer_count = 1};
	const struct page_view view = {
		.snapshot = &snapshot, .peers = &peers, .listening = "", .version = ""};
	char *page = render_view(&view);
	check_has(page, "<tr><td>192.0.2.7:5</td><td>1994-11-06 08:49:37 UTC</td>"
			"<td class=\"n\">12</td></tr>");
	free(page);
}
END_TEST

START_TEST(shows_medians_of_the_last_minute)
{
	struct target_snapshot target = up;
	struct history history = {.recent = 1 + 60};
	struct snapshot snapshot = {.has_prober = true, .targets = &target, .target_count = 1};
	const struct page_view view = {
		.snapshot = &snapshot, .history = &history, .listening = "", .version = ""};
	char *page = render_view(&view);
	check_has(page, "<th class=\"n\">Median, last minute</th>");
	check_has(page, "<td class=\"n\">1.870 ms</td>");
	free(page);
}
END_TEST

START_TEST(fails_when_out_of_memory)
{
	struct snapshot snapshot = {.has_prober = true, .has_server = true};
	const struct page_view view = {.snapshot = &snapshot, .listening = "", .version = ""};
	struct buffer buffer = {.failed = true};
	ck_assert_int_eq(landing_page_write(&view, &buffer), -ENOMEM);
	buffer_clear(&buffer);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("landing_page");
	tcase_add_test(tcase, shows_program_version_and_a_link_to_the_metrics);
	tcase_add_test(tcase, shows_a_row_per_target);
	tcase_add_loop_test(tcase, rounds_loss_up, 0, ROWS(losses));
	tcase_add_test(tcase, escapes_text_from_outside);
	tcase_add_test(tcase, shows_the_first_targets_and_says_how_many_there_are);
	tcase_add_test(tcase, shows_the_echo_server);
	tcase_add_test(tcase, shows_who_uses_it);
	tcase_add_test(tcase, shows_medians_of_the_last_minute);
	tcase_add_test(tcase, fails_when_out_of_memory);
	return unit_run("page/landing_page", tcase);
}
