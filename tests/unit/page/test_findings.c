/* SPDX-License-Identifier: MIT */
#include "page/findings.h"

#include <string.h>

#include "../unit.h"
#include "words.h"

/* What values come to: the codes in order, and the first sentence. */
static const struct {
	const char *says;
	struct target_values values;
	const char *codes;
	const char *text;
} rows[] = {
	{"nothing", {.sent = 10, .received = 10}, "", NULL},
	{"in flight", {.sent = 10, .received = 9}, "", NULL},
	{"refused, with what it cost",
		{.timeouts = 12, .unsent = 12, .connect_failures = {[CONNECT_FAILURE_REFUSED] = 3}},
		"refused unsent",
		"3 attempts refused: nothing listens there, or a firewall answers."},
	{"one refused", {.connect_failures = {[CONNECT_FAILURE_REFUSED] = 1}}, "refused",
		"1 attempt refused: nothing listens there, or a firewall answers."},
	{"no route", {.connect_failures = {[CONNECT_FAILURE_UNREACHABLE] = 2}}, "unreachable",
		"2 attempts without a route: the network is down, or a router knows no way."},
	{"no name", {.connect_failures = {[CONNECT_FAILURE_RESOLVE] = 2}}, "unresolved",
		"2 look-ups of the name failed: the name server is wrong or does not answer."},
	{"no answer", {.connect_failures = {[CONNECT_FAILURE_TIMEOUT] = 2}}, "unanswered",
		"2 attempts unanswered: the path is dead, or a firewall drops them."},
	{"this machine's fault", {.connect_failures = {[CONNECT_FAILURE_LOCAL] = 2}}, "failed_here",
		"2 attempts failed on this machine: it had no file descriptor or no memory left, no fault of the network."},
	{"something else", {.connect_failures = {[CONNECT_FAILURE_OTHER] = 2}}, "failed",
		"2 attempts failed: the log says why."},
	{"no echo", {.disconnects = {[DISCONNECT_INVALID] = 1}}, "invalid",
		"1 connection with answers that are no echoes: the peer is not an echo server."},
	{"reset", {.disconnects = {[DISCONNECT_RESET] = 2}}, "reset",
		"2 connections reset: a firewall, or a machine that has restarted."},
	{"closed", {.disconnects = {[DISCONNECT_CLOSED] = 2}}, "closed",
		"2 connections closed by the peer: its program ended, or gives connections a limited time."},
	{"broken", {.disconnects = {[DISCONNECT_OTHER] = 2}}, "broken",
		"2 connections broken: the log says why."},
	{"a dead path", {.disconnects = {[DISCONNECT_STALLED] = 2}, .tcp_retransmits = 6},
		"stalled_path",
		"2 connections stalled: the path was dead for more than a second, as segments were retransmitted in vain."},
	{"a stopped peer", {.disconnects = {[DISCONNECT_STALLED] = 2}}, "stalled_peer",
		"2 connections stalled: the peer's program stopped, while its machine went on."},
	{"late after drops", {.timeouts = 12, .late = 12, .tcp_retransmits = 30},
		"late_repaired retransmitted",
		"12 probes late: the path dropped segments, and TCP repaired it."},
	{"late after drops on the way back",
		{.timeouts = 1, .late = 1, .stamped = 1, .peer_tcp_retransmits = 3},
		"late_repaired retransmitted_by_peer",
		"1 probe late: the path dropped segments, and TCP repaired it."},
	{"late without drops", {.timeouts = 12, .late = 12}, "late_slow",
		"12 probes late: the path or the peer was slow, but nothing was dropped."},
	{"never answered, as the connection broke",
		{.timeouts = 5, .late = 1, .unsent = 1, .disconnects = {[DISCONNECT_RESET] = 1}},
		"reset unsent late_slow lost", NULL},
	{"under way", {.timeouts = 3, .disconnects = {[DISCONNECT_OTHER] = 1}}, "broken lost",
		NULL},
	{"never answered, though the connection holds",
		{.received = 100, .connects = 1, .timeouts = 3}, "swallowed",
		"3 probes without any reply: the peer's program did not return them, as no connection broke."},
	{"handshakes that were not answered", {.received = 100, .connects = 100, .timeouts = 3}, "",
		NULL},
	{"retransmissions that a break explains",
		{.disconnects = {[DISCONNECT_RESET] = 1}, .tcp_retransmits = 6}, "reset", NULL},
	{"and those that it does not",
		{.disconnects = {[DISCONNECT_RESET] = 1}, .tcp_retransmits = 7},
		"reset retransmitted", NULL},
	{"where it was slow", {.slow = {[SLOW_OUT] = 1, [SLOW_BACK] = 2, [SLOW_PEER] = 3}},
		"slow_out slow_back slow_peer",
		"1 probe slow on the way out: a full queue, a detour or dropped segments in that direction."},
	{"the prober slept", {.missed_slots = 40}, "missed",
		"40 slots missed: this program did not get to run: its own fault, and no loss."},
	{"doubled", {.duplicates = 2}, "duplicates",
		"2 replies came twice: the peer sends them again."},
};

START_TEST(says_what_counters_mean)
{
	struct finding findings[FINDINGS_MAX];
	char codes[256] = "";
	unsigned count = findings_make(&rows[_i].values, findings);
	for (unsigned i = 0; i < count; i++) {
		words_append(codes, sizeof(codes), findings[i].code);
		ck_assert_uint_ge(findings[i].count, 1);
		/* None is cut off. */
		ck_assert_int_eq(findings[i].text[strlen(findings[i].text) - 1], '.');
	}
	ck_assert_msg(strcmp(codes, rows[_i].codes) == 0, "%s: %s", rows[_i].says, codes);
	if (rows[_i].text)
		ck_assert_str_eq(findings[0].text, rows[_i].text);
}
END_TEST

START_TEST(the_greatest_counts_have_room)
{
	struct target_values values;
	struct finding findings[FINDINGS_MAX];
	memset(&values, 0x7f, sizeof(values));
	values.timeouts = UINT64_MAX;
	values.late = 1;
	values.unsent = 1;
	unsigned count = findings_make(&values, findings);
	ck_assert_uint_ge(count, 20);
	for (unsigned i = 0; i < count; i++)
		ck_assert_int_eq(findings[i].text[strlen(findings[i].text) - 1], '.');
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("findings");
	tcase_add_loop_test(tcase, says_what_counters_mean, 0, ROWS(rows));
	tcase_add_test(tcase, the_greatest_counts_have_room);
	return unit_run("page/findings", tcase);
}
