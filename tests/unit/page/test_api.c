/* SPDX-License-Identifier: MIT */
#include "page/api.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "../unit.h"
#include "fake_history.h"

static struct history history;
static struct distribution distribution;
static struct target_snapshot targets[3];
static struct snapshot snapshot;
static struct page_view view;

static char label[] = "site\0Far \"West\"";

static void set_up_history(void)
{
	history = (struct history){
		.ranges = {{5 * NS_PER_S, 60, 2, 95 * NS_PER_S},
			{60 * NS_PER_S, 60, 1, 40 * NS_PER_S}},
		.steps = {{.is_known = false},
			{.is_known = true,
				.least = 60,
				.low = 61,
				.median = 62,
				.high = 63,
				.greatest = 64,
				.lost = 25},
			{.is_known = true, .lost = 10000, .unsent = 200}},
		.recent = 62,
		.usual = 62,
	};
	distribution = (struct distribution){.counts = {[61] = 3, [132] = 1}};
}

static const struct target_values up = {
	.sent = 10,
	.received = 4,
	.timeouts = 5,
	.late = 1,
	.connects = 1,
	.connected = true,
	.last_rtt_ns = 1234567,
	.jitter_ns = -1,
	.last_connect_ns = 2000000,
	.tcp_rtt_ns = -1,
	.tcp_min_rtt_ns = -1,
	.stamped = -1,
	/* Of an earlier connection. */
	.failure = {TARGET_FAILURE_OF_CONNECTION, DISCONNECT_RESET},
	.latest = {.unix_ns = 5 * NS_PER_S, .kind = TARGET_EVENT_UP},
};

/* One target that is up, one that is down, and one that lost some. */
static void set_up_targets(void)
{
	targets[0] = (struct target_snapshot){
		.id = 8,
		.name = "paris",
		.address = "paris:4000",
		.peer = "192.0.2.1:4000",
		.labels = {.text = label, .size = sizeof(label)},
		.values = up,
		.distribution = &distribution,
	};
	targets[1] = targets[0];
	targets[1].id = 9;
	targets[1].name = "<b>\"down\"</b>";
	targets[1].labels = (struct labels){0};
	targets[1].values.connected = false;
	targets[1].values.failure = target_failure_of_connect(CONNECT_FAILURE_REFUSED);
	targets[2] = targets[0];
	targets[2].id = 10;
	targets[2].name = "lyon";
	targets[2].values.window_settled = 3;
	targets[2].values.window_lost = 2;
	targets[2].values.stamped = 1;
	targets[2].values.slow[SLOW_BACK] = 2;
	targets[2].values.excess_ns[DIRECTION_OUT] = 4000;
	targets[2].values.peer_ns = 8000;
	targets[2].values.peer_tcp_retransmits = 7;
}

static void set_up(void)
{
	set_up_history();
	set_up_targets();
	snapshot = (struct snapshot){.targets = targets, .target_count = 3, .has_prober = true};
	view = (struct page_view){
		.snapshot = &snapshot,
		.history = &history,
		.listening = "",
		.version = "1.2.3",
		.now = {.unix_ns = 1000 * NS_PER_S},
		.now_ns = 100 * NS_PER_S,
	};
}

/* Parses an answer, which another library has to accept. The caller deletes it. */
static cJSON *parse(int error, struct buffer *buffer)
{
	ck_assert_int_eq(error, 0);
	buffer_append(buffer, "", 1);
	cJSON *json = cJSON_Parse(buffer->data);
	ck_assert_msg(json, "%s", buffer->data);
	buffer_clear(buffer);
	return json;
}

static cJSON *list(const struct api_list *request)
{
	struct buffer buffer = {0};
	return parse(api_write_targets(&view, request, &buffer), &buffer);
}

/* By a path of names and indices: "targets.0.name". */
static const cJSON *at(const cJSON *json, const char *path)
{
	char name[64];
	while (json && *path != '\0') {
		size_t length = strcspn(path, ".");
		memcpy(name, path, length);
		name[length] = '\0';
		json = cJSON_IsArray(json) ? cJSON_GetArrayItem(json, atoi(name))
					   : cJSON_GetObjectItemCaseSensitive(json, name);
		path += length + (path[length] == '.');
	}
	return json;
}

static void check(const cJSON *json, const char *path, const char *expected)
{
	const cJSON *found = at(json, path);
	ck_assert_msg(found, "%s", path);
	char *text = cJSON_PrintUnformatted(found);
	ck_assert_msg(strcmp(text, expected) == 0, "%s: %s", path, text);
	cJSON_free(text);
}

static const struct api_list everything = {
	.text = "", .order = RANKING_WORST, .limit = 200, .scale = HISTORY_FINE};

START_TEST(lists_targets)
{
	cJSON *json = list(&everything);
	check(json, "version", "\"1.2.3\"");
	check(json, "now", "1000");
	check(json, "has_prober", "true");
	check(json, "has_server", "false");
	check(json, "counts",
		"{\"all\":3,\"down\":1,\"lossy\":1,\"slow\":0,\"starting\":0,\"up\":1,\"matching\":3,"
		"\"listed\":3}");
	check(json, "history", "{\"step\":5,\"kept\":60,\"newest\":2,\"newest_end\":995}");
	check(json, "targets.0.name", "\"<b>\\\"down\\\"</b>\"");
	check(json, "targets.0.state", "\"down\"");
	check(json, "targets.0.reason", "\"refused\"");
	check(json, "targets.0.since", "5");
	check(json, "targets.0.median", "null");
	check(json, "targets.1.state", "\"lossy\"");
	check(json, "targets.1.loss", "66.67");
	check(json, "targets.2.id", "8");
	check(json, "targets.2.name", "\"paris\"");
	check(json, "targets.2.address", "\"paris:4000\"");
	check(json, "targets.2.peer", "\"192.0.2.1:4000\"");
	check(json, "targets.2.labels", "{\"site\":\"Far \\\"West\\\"\"}");
	check(json, "targets.2.state", "\"up\"");
	check(json, "targets.2.reason", "null");
	check(json, "targets.2.median", "2040");
	check(json, "targets.2.loss", "0");
	check(json, "targets.2.first", "1");
	check(json, "targets.2.steps",
		"[[1715,1870,2040,2224,2426,0.25,0,0],[null,null,null,null,null,100,100,0]]");
	cJSON_Delete(json);
}
END_TEST

START_TEST(lists_what_is_asked_for)
{
	struct api_list request = everything;
	request.scale = HISTORY_COARSE;
	cJSON *json = list(&request);
	check(json, "history", "{\"step\":60,\"kept\":60,\"newest\":1,\"newest_end\":940}");
	check(json, "targets.0.first", "1");
	check(json, "targets.0.steps", "[[null,null,null,null,null,100,100,0]]");
	cJSON_Delete(json);
	request = everything;
	request.since = 2;
	request.text = "LYON";
	json = list(&request);
	check(json, "counts.all", "3");
	check(json, "counts.matching", "1");
	check(json, "counts.listed", "1");
	check(json, "targets.0.name", "\"lyon\"");
	check(json, "targets.0.first", "3");
	check(json, "targets.0.steps", "[]");
	cJSON_Delete(json);
	request = everything;
	request.order = RANKING_NAME;
	request.limit = 1;
	json = list(&request);
	check(json, "counts.matching", "3");
	check(json, "counts.listed", "1");
	cJSON_Delete(json);
}
END_TEST

START_TEST(lists_without_a_history)
{
	view.history = NULL;
	cJSON *json = list(&everything);
	check(json, "history", "null");
	check(json, "targets.2.median", "2040");
	ck_assert_ptr_null(at(json, "targets.2.steps"));
	cJSON_Delete(json);
	snapshot.target_count = 0;
	json = list(&everything);
	check(json, "targets", "[]");
	cJSON_Delete(json);
}
END_TEST

START_TEST(a_history_without_a_step_has_no_end)
{
	history.ranges[HISTORY_FINE].newest = 0;
	cJSON *json = list(&everything);
	check(json, "history.newest", "0");
	check(json, "history.newest_end", "null");
	check(json, "targets.0.steps", "[]");
	cJSON_Delete(json);
}
END_TEST

static cJSON *single(size_t index, const struct target_event *events, size_t count)
{
	struct buffer buffer = {0};
	return parse(api_write_target(&view, &targets[index], events, count, &buffer), &buffer);
}

START_TEST(tells_all_of_one_target)
{
	const struct target_event events[] = {
		{.unix_ns = 7 * NS_PER_S, .kind = TARGET_EVENT_UP},
		{.unix_ns = 6 * NS_PER_S,
			.kind = TARGET_EVENT_DOWN,
			.failure = target_failure_of_disconnect(DISCONNECT_RESET)},
	};
	cJSON *json = single(0, events, 2);
	check(json, "name", "\"paris\"");
	check(json, "state", "\"up\"");
	check(json, "fine.step", "5");
	check(json, "fine.first", "1");
	check(json, "coarse.step", "60");
	check(json, "coarse.newest_end", "940");
	check(json, "coarse.steps", "[[null,null,null,null,null,100,100,0]]");
	check(json, "distribution", "[[2130,3],[1000000,1]]");
	check(json, "counters.sent", "10");
	check(json, "counters.in_flight", "1");
	check(json, "counters.late", "1");
	check(json, "connect_failures.refused", "0");
	check(json, "disconnects.reset", "0");
	check(json, "last_rtt", "1235");
	check(json, "jitter", "null");
	check(json, "last_connect", "2000");
	check(json, "direction", "null");
	check(json, "findings.0.code", "\"late_slow\"");
	check(json, "findings.0.count", "1");
	check(json, "findings.1.code", "\"swallowed\"");
	check(json, "events",
		"[{\"time\":7,\"event\":\"up\",\"reason\":null},"
		"{\"time\":6,\"event\":\"down\",\"reason\":\"reset\"}]");
	cJSON_Delete(json);
}
END_TEST

START_TEST(tells_the_direction_where_the_peer_stamps)
{
	cJSON *json = single(2, NULL, 0);
	check(json, "direction",
		"{\"slow\":{\"out\":0,\"back\":2,\"peer\":0,\"unknown\":0},"
		"\"excess\":{\"out\":1,\"back\":0},\"peer\":2,\"peer_retransmits\":7}");
	check(json, "events", "[]");
	targets[2].values.received = 0;
	cJSON_Delete(json);
	json = single(2, NULL, 0);
	check(json, "direction.excess.out", "null");
	cJSON_Delete(json);
}
END_TEST

START_TEST(tells_one_target_without_a_history)
{
	view.history = NULL;
	targets[1].distribution = NULL;
	cJSON *json = single(1, NULL, 0);
	check(json, "fine", "null");
	check(json, "coarse", "null");
	check(json, "reason", "\"refused\"");
	check(json, "distribution", "[]");
	cJSON_Delete(json);
}
END_TEST

START_TEST(tells_who_uses_the_echo_server)
{
	static struct server_peer open[] = {
		{.since_unix_ns = 3 * NS_PER_S, .frames = 12, .address = "[2001:db8::1]:5"}};
	static struct server_peers peers = {.peers = open,
		.peer_count = 1,
		.refusals = {{.unix_ns = 4 * NS_PER_S,
			.count = 2,
			.reason = SERVER_REJECT_NOT_ALLOWED,
			.address = "192.0.2.9"}},
		.refusal_count = 1};
	struct buffer buffer = {0};
	snapshot.has_server = true;
	snapshot.server = (struct server_values){.connections = 1, .accepted = 3, .frames = 99};
	view.peers = &peers;
	view.listening = "[::]:4000";
	cJSON *json = parse(api_write_peers(&view, &buffer), &buffer);
	check(json, "listening", "\"[::]:4000\"");
	check(json, "connections", "1");
	check(json, "accepted", "3");
	check(json, "frames", "99");
	check(json, "peers", "[{\"address\":\"[2001:db8::1]:5\",\"since\":3,\"frames\":12}]");
	check(json, "refused",
		"[{\"address\":\"192.0.2.9\",\"reason\":\"not_allowed\",\"count\":2,\"time\":4}]");
	cJSON_Delete(json);
}
END_TEST

START_TEST(fails_when_out_of_memory)
{
	struct buffer buffer = {.failed = true};
	static struct server_peers peers;
	view.peers = &peers;
	ck_assert_int_eq(api_write_targets(&view, &everything, &buffer), -ENOMEM);
	ck_assert_int_eq(api_write_target(&view, &targets[0], NULL, 0, &buffer), -ENOMEM);
	ck_assert_int_eq(api_write_peers(&view, &buffer), -ENOMEM);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("api");
	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, lists_targets);
	tcase_add_test(tcase, lists_what_is_asked_for);
	tcase_add_test(tcase, lists_without_a_history);
	tcase_add_test(tcase, a_history_without_a_step_has_no_end);
	tcase_add_test(tcase, tells_all_of_one_target);
	tcase_add_test(tcase, tells_the_direction_where_the_peer_stamps);
	tcase_add_test(tcase, tells_one_target_without_a_history);
	tcase_add_test(tcase, tells_who_uses_the_echo_server);
	tcase_add_test(tcase, fails_when_out_of_memory);
	return unit_run("page/api", tcase);
}
