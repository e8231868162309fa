/* SPDX-License-Identifier: MIT */
#include "page/api.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "page/api_json.h"
#include "page/findings.h"

static void append_moment(struct buffer *buffer, const struct page_view *view)
{
	buffer_append_text(buffer, "{\"version\":");
	api_json_append_text(buffer, view->version);
	buffer_append_text(buffer, ",\"now\":");
	api_json_append_time(buffer, view->now.unix_ns);
}

/* Its numbers; the object stays open. With the history's lock held. */
static struct history_range append_range(
	struct buffer *buffer, const struct page_view *view, enum history_scale scale)
{
	struct history_range range = history_range(view->history, scale);
	int64_t age_ns = view->now_ns - range.newest_end_ns;
	buffer_append_format(buffer,
		"{\"step\":%" PRId64 ",\"kept\":%u,\"newest\":%" PRIu64 ",\"newest_end\":",
		range.step_ns / NS_PER_S, range.kept, range.newest);
	api_json_append_time(buffer, range.newest > 0 ? view->now.unix_ns - age_ns : 0);
	return range;
}

/* With the history's lock held. steps: room for as many as are kept. */
static void append_steps(struct buffer *buffer, const struct page_view *view, uint64_t id,
	enum history_scale scale, uint64_t since, struct history_step *steps)
{
	uint64_t first = 0;
	size_t count = history_read(view->history, id, scale, since, steps, &first);
	buffer_append_format(buffer, ",\"first\":%" PRIu64 ",\"steps\":[", first);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buffer_append_text(buffer, ",");
		api_json_append_step(buffer, &steps[i]);
	}
	buffer_append_text(buffer, "]");
}

/* What list and single target have in common; the object stays open. */
static void append_target(struct buffer *buffer, const struct ranked_target *ranked)
{
	const struct target_snapshot *target = ranked->target;
	const struct target_values *values = &target->values;
	bool is_down = ranked->state == TARGET_STATE_DOWN;
	buffer_append_format(buffer, "\"id\":%" PRIu64 ",\"name\":", target->id);
	api_json_append_text(buffer, target->name);
	buffer_append_text(buffer, ",\"address\":");
	api_json_append_text(buffer, target->address);
	buffer_append_text(buffer, ",\"peer\":");
	api_json_append_text(buffer, target->peer);
	buffer_append_text(buffer, ",\"labels\":");
	api_json_append_labels(buffer, &target->labels);
	buffer_append_text(buffer, ",\"state\":");
	api_json_append_text(buffer, target_state_name(ranked->state));
	buffer_append_text(buffer, ",\"since\":");
	api_json_append_time(buffer, values->latest.unix_ns);
	buffer_append_text(buffer, ",\"reason\":");
	api_json_append_text(buffer, is_down ? target_failure_name(&values->failure) : NULL);
	buffer_append_text(buffer, ",\"median\":");
	api_json_append_us(buffer, ranked->median_ns);
	buffer_append_text(buffer, ",\"loss\":");
	api_json_append_percent(buffer, ranked->loss);
}

static void append_counts(struct buffer *buffer, const struct page_view *view,
	const struct ranking *ranking, size_t listed)
{
	buffer_append_format(buffer, ",\"has_prober\":%s,\"has_server\":%s,\"counts\":{\"all\":%zu",
		view->snapshot->has_prober ? "true" : "false",
		view->snapshot->has_server ? "true" : "false", view->snapshot->target_count);
	for (int state = 0; state < TARGET_STATES; state++)
		buffer_append_format(buffer, ",\"%s\":%zu",
			target_state_name((enum target_state)state), ranking->states[state]);
	buffer_append_format(buffer, ",\"matching\":%zu,\"listed\":%zu}", ranking->count, listed);
}

/* With the history's lock held, if there is one. */
static int append_list(const struct page_view *view, const struct api_list *list,
	const struct ranking *ranking, size_t listed, struct buffer *buffer)
{
	struct history_step *steps = NULL;
	buffer_append_text(buffer, ",\"history\":");
	if (view->history) {
		struct history_range range = append_range(buffer, view, list->scale);
		buffer_append_text(buffer, "}");
		steps = calloc(range.kept, sizeof(*steps));
		if (!steps)
			return -ENOMEM;
	} else {
		buffer_append_text(buffer, "null");
	}
	buffer_append_text(buffer, ",\"targets\":[");
	for (size_t i = 0; i < listed; i++) {
		const struct ranked_target *ranked = &ranking->targets[i];
		buffer_append_text(buffer, i > 0 ? ",\n{" : "\n{");
		append_target(buffer, ranked);
		if (steps)
			append_steps(
				buffer, view, ranked->target->id, list->scale, list->since, steps);
		buffer_append_text(buffer, "}");
	}
	free(steps);
	return 0;
}

int api_write_targets(
	const struct page_view *view, const struct api_list *list, struct buffer *buffer)
{
	struct ranking ranking;
	int error = ranking_make(view->snapshot, view->history, list->text, list->order, &ranking);
	if (error)
		return error;
	size_t listed = ranking_choose(&ranking, list->limit, API_TARGETS_MAX);
	append_moment(buffer, view);
	append_counts(buffer, view, &ranking, listed);
	if (view->history)
		history_lock(view->history);
	error = append_list(view, list, &ranking, listed, buffer);
	if (view->history)
		history_unlock(view->history);
	ranking_clear(&ranking);
	buffer_append_text(buffer, "]}\n");
	return buffer->failed ? -ENOMEM : error;
}

static int append_history(struct buffer *buffer, const struct page_view *view, uint64_t id,
	enum history_scale scale, const char *name)
{
	buffer_append_format(buffer, ",\"%s\":", name);
	if (!view->history) {
		buffer_append_text(buffer, "null");
		return 0;
	}
	int error = 0;
	history_lock(view->history);
	struct history_range range = append_range(buffer, view, scale);
	struct history_step *steps = calloc(range.kept, sizeof(*steps));
	if (steps)
		append_steps(buffer, view, id, scale, 0, steps);
	else
		error = -ENOMEM;
	history_unlock(view->history);
	buffer_append_text(buffer, "}");
	free(steps);
	return error;
}

static void append_distribution(struct buffer *buffer, const struct distribution *distribution)
{
	const char *before = "";
	buffer_append_text(buffer, ",\"distribution\":[");
	for (unsigned i = 0; distribution && i < DISTRIBUTION_BUCKETS; i++) {
		if (distribution->counts[i] == 0)
			continue;
		buffer_append_format(buffer, "%s[%" PRIu64 ",%" PRIu64 "]", before,
			api_json_bound_us(i), distribution->counts[i]);
		before = ",";
	}
	buffer_append_text(buffer, "]");
}

static void append_counters(struct buffer *buffer, const struct target_values *values)
{
	const struct {
		const char *name;
		uint64_t value;
	} counters[] = {
		{"sent", values->sent},
		{"received", values->received},
		{"timeouts", values->timeouts},
		{"late", values->late},
		{"unsent", values->unsent},
		{"in_flight", target_values_in_flight(values)},
		{"missed_slots", values->missed_slots},
		{"duplicates", values->duplicates},
		{"connects", values->connects},
		{"moves", values->moves},
		{"retransmits", values->tcp_retransmits},
	};
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		buffer_append_format(buffer, "%s\"%s\":%" PRIu64, i == 0 ? ",\"counters\":{" : ",",
			counters[i].name, counters[i].value);
	buffer_append_text(buffer, "},\"connect_failures\":{");
	for (unsigned i = 0; i < CONNECT_FAILURES; i++)
		buffer_append_format(buffer, "%s\"%s\":%" PRIu64, i == 0 ? "" : ",",
			connect_failure_name((enum connect_failure)i), values->connect_failures[i]);
	buffer_append_text(buffer, "},\"disconnects\":{");
	for (unsigned i = 0; i < DISCONNECTS; i++)
		buffer_append_format(buffer, "%s\"%s\":%" PRIu64, i == 0 ? "" : ",",
			disconnect_name((enum disconnect)i), values->disconnects[i]);
	buffer_append_text(buffer, "}");
}

static void append_times(struct buffer *buffer, const struct target_values *values)
{
	const struct {
		const char *name;
		int64_t time_ns;
	} times[] = {
		{"last_rtt", values->last_rtt_ns},
		{"jitter", values->jitter_ns},
		{"last_connect", values->last_connect_ns},
		{"kernel_rtt", values->tcp_rtt_ns},
		{"kernel_min_rtt", values->tcp_min_rtt_ns},
	};
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		buffer_append_format(buffer, ",\"%s\":", times[i].name);
		api_json_append_us(buffer, times[i].time_ns);
	}
}

/* The mean of what received probes add up to. */
static void append_mean(struct buffer *buffer, uint64_t sum_ns, uint64_t received)
{
	api_json_append_us(buffer, received > 0 ? (int64_t)(sum_ns / received) : -1);
}

static void append_direction(struct buffer *buffer, const struct target_values *values)
{
	buffer_append_text(buffer, ",\"direction\":");
	if (values->stamped < 0) {
		buffer_append_text(buffer, "null");
		return;
	}
	for (unsigned i = 0; i < SLOW_WHERES; i++)
		buffer_append_format(buffer, "%s\"%s\":%" PRIu64, i == 0 ? "{\"slow\":{" : ",",
			slow_where_name((enum slow_where)i), values->slow[i]);
	for (unsigned i = 0; i < DIRECTIONS; i++) {
		buffer_append_format(buffer, "%s\"%s\":", i == 0 ? "},\"excess\":{" : ",",
			direction_name((enum direction)i));
		append_mean(buffer, values->excess_ns[i], values->received);
	}
	buffer_append_text(buffer, "},\"peer\":");
	append_mean(buffer, values->peer_ns, values->received);
	buffer_append_format(
		buffer, ",\"peer_retransmits\":%" PRIu64 "}", values->peer_tcp_retransmits);
}

static void append_findings(struct buffer *buffer, const struct target_values *values)
{
	struct finding findings[FINDINGS_MAX];
	unsigned count = findings_make(values, findings);
	buffer_append_text(buffer, ",\"findings\":[");
	for (unsigned i = 0; i < count; i++) {
		buffer_append_format(buffer,
			"%s{\"code\":\"%s\",\"count\":%" PRIu64 ",\"text\":", i == 0 ? "" : ",",
			findings[i].code, findings[i].count);
		api_json_append_text(buffer, findings[i].text);
		buffer_append_text(buffer, "}");
	}
	buffer_append_text(buffer, "]");
}

static void append_events(struct buffer *buffer, const struct target_event *events, size_t count)
{
	buffer_append_text(buffer, ",\"events\":[");
	for (size_t i = 0; i < count; i++) {
		buffer_append_text(buffer, i == 0 ? "{\"time\":" : ",{\"time\":");
		api_json_append_time(buffer, events[i].unix_ns);
		buffer_append_text(buffer, ",\"event\":");
		api_json_append_text(buffer, target_event_name(events[i].kind));
		buffer_append_text(buffer, ",\"reason\":");
		api_json_append_text(buffer, target_failure_name(&events[i].failure));
		buffer_append_text(buffer, "}");
	}
	buffer_append_text(buffer, "]");
}

int api_write_target(const struct page_view *view, const struct target_snapshot *target,
	const struct target_event *events, size_t event_count, struct buffer *buffer)
{
	const struct target_values *values = &target->values;
	struct ranked_target ranked;
	ranking_rank(target, view->history, &ranked);
	append_moment(buffer, view);
	buffer_append_text(buffer, ",");
	append_target(buffer, &ranked);
	int error = append_history(buffer, view, target->id, HISTORY_FINE, "fine");
	if (!error)
		error = append_history(buffer, view, target->id, HISTORY_COARSE, "coarse");
	append_distribution(buffer, target->distribution);
	append_counters(buffer, values);
	append_times(buffer, values);
	append_direction(buffer, values);
	append_findings(buffer, values);
	append_events(buffer, events, event_count);
	buffer_append_text(buffer, "}\n");
	return buffer->failed ? -ENOMEM : error;
}

static void append_refusals(struct buffer *buffer, const struct server_peers *peers)
{
	buffer_append_text(buffer, "],\"refused\":[");
	for (size_t i = 0; i < peers->refusal_count; i++) {
		const struct server_refusal *refusal = &peers->refusals[i];
		buffer_append_text(buffer, i == 0 ? "{\"address\":" : ",{\"address\":");
		api_json_append_text(buffer, refusal->address);
		buffer_append_text(buffer, ",\"reason\":");
		api_json_append_text(buffer, server_reject_name(refusal->reason));
		buffer_append_format(buffer, ",\"count\":%" PRIu64 ",\"time\":", refusal->count);
		api_json_append_time(buffer, refusal->unix_ns);
		buffer_append_text(buffer, "}");
	}
}

int api_write_peers(const struct page_view *view, struct buffer *buffer)
{
	const struct server_values *server = &view->snapshot->server;
	const struct server_peers *peers = view->peers;
	append_moment(buffer, view);
	buffer_append_text(buffer, ",\"listening\":");
	api_json_append_text(buffer, view->listening);
	buffer_append_format(buffer,
		",\"connections\":%" PRIu64 ",\"accepted\":%" PRIu64 ",\"frames\":%" PRIu64
		",\"peers\":[",
		server->connections, server->accepted, server->frames);
	for (size_t i = 0; i < peers->peer_count; i++) {
		const struct server_peer *peer = &peers->peers[i];
		buffer_append_text(buffer, i == 0 ? "\n{\"address\":" : ",\n{\"address\":");
		api_json_append_text(buffer, peer->address);
		buffer_append_text(buffer, ",\"since\":");
		api_json_append_time(buffer, peer->since_unix_ns);
		buffer_append_format(buffer, ",\"frames\":%" PRIu64 "}", peer->frames);
	}
	append_refusals(buffer, peers);
	buffer_append_text(buffer, "]}\n");
	return buffer->failed ? -ENOMEM : 0;
}
