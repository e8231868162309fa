/* SPDX-License-Identifier: MIT */
#include "page/landing_page.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "page/ranking.h"

static const char *entity_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	default:
		return "&#39;";
	}
}

static void append_html(struct buffer *buffer, const char *text)
{
	while (*text != '\0') {
		size_t plain = strcspn(text, "&<>\"'");
		buffer_append(buffer, text, plain);
		text += plain;
		if (*text != '\0')
			buffer_append_text(buffer, entity_of(*text++));
	}
}

static void append_cell(struct buffer *buffer, const char *text)
{
	buffer_append_text(buffer, "<td>");
	append_html(buffer, text);
	buffer_append_text(buffer, "</td>");
}

/* Whole microseconds, written as milliseconds: "0.123 ms". */
static void append_time(struct buffer *buffer, int64_t time_ns)
{
	buffer_append_text(buffer, "<td class=\"n\">");
	if (time_ns >= 0)
		buffer_append_format(buffer, "%" PRId64 ".%03" PRId64 " ms", time_ns / NS_PER_MS,
			time_ns % NS_PER_MS / NS_PER_US);
	buffer_append_text(buffer, "</td>");
}

/* loss: in hundredths of a percent. */
static void append_loss(struct buffer *buffer, unsigned loss)
{
	buffer_append_format(buffer, "<td class=\"n\">%u.%02u %%</td>", loss / 100, loss % 100);
}

static void append_row(struct buffer *buffer, const struct ranked_target *ranked)
{
	const struct target_snapshot *target = ranked->target;
	const char *state = target_state_name(ranked->state);
	const char *reason = target_failure_name(&target->values.failure);
	buffer_append_text(buffer, "<tr>");
	append_cell(buffer, target->name);
	buffer_append_format(buffer, "<td class=\"%s\">%s", state, state);
	if (ranked->state == TARGET_STATE_DOWN && reason)
		buffer_append_format(buffer, " (%s)", reason);
	buffer_append_text(buffer, "</td>");
	append_time(buffer, ranked->median_ns);
	append_loss(buffer, ranked->loss);
	append_cell(buffer, target->address);
	append_cell(buffer, target->peer);
	buffer_append_format(
		buffer, "<td class=\"n\">%" PRIu64 "</td></tr>\n", target->values.sent);
}

static void append_rows(
	struct buffer *buffer, const struct page_view *view, const struct ranking *ranking)
{
	size_t count = view->snapshot->target_count;
	size_t up =
		count - ranking->states[TARGET_STATE_DOWN] - ranking->states[TARGET_STATE_STARTING];
	buffer_append_format(buffer,
		"<section id=\"targets\">\n<h2>Targets</h2>\n<p>%zu of %zu are up.</p>\n", up,
		count);
	buffer_append_format(buffer,
		"<div class=\"wide\"><table>\n"
		"<thead><tr><th>Target</th><th>State</th><th class=\"n\">Median%s</th>"
		"<th class=\"n\">Loss</th><th>Address</th><th>Peer</th>"
		"<th class=\"n\">Sent</th></tr></thead>\n<tbody>\n",
		view->history ? ", last minute" : "");
	for (size_t i = 0; i < count && i < LANDING_PAGE_ROWS_MAX; i++)
		append_row(buffer, &ranking->targets[i]);
	buffer_append_text(buffer, "</tbody>\n</table></div>\n");
	if (count > LANDING_PAGE_ROWS_MAX)
		buffer_append_format(buffer,
			"<p>Only the first %d of %zu are shown; "
			"<a href=\"metrics\">the metrics</a> have them all.</p>\n",
			LANDING_PAGE_ROWS_MAX, count);
	buffer_append_text(buffer, "</section>\n");
}

static int append_targets(struct buffer *buffer, const struct page_view *view)
{
	struct ranking ranking;
	int error = ranking_make(view->snapshot, view->history, "", RANKING_WORST, &ranking);
	if (error)
		return error;
	append_rows(buffer, view, &ranking);
	ranking_clear(&ranking);
	return 0;
}

/* In no locale's words: "2026-11-27 18:00:05 UTC". */
static void append_moment(struct buffer *buffer, int64_t unix_ns)
{
	time_t seconds = (time_t)(unix_ns / NS_PER_S);
	struct tm utc = {0};
	gmtime_r(&seconds, &utc);
	buffer_append_format(buffer, "<td>%04d-%02d-%02d %02d:%02d:%02d UTC</td>",
		utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
		utc.tm_sec);
}

static void append_peers(struct buffer *buffer, const struct server_peers *peers)
{
	buffer_append_text(buffer,
		"<div class=\"wide\"><table>\n<thead><tr><th>Peer</th><th>Since</th>"
		"<th class=\"n\">Frames</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < peers->peer_count && i < LANDING_PAGE_ROWS_MAX; i++) {
		const struct server_peer *peer = &peers->peers[i];
		buffer_append_text(buffer, "<tr>");
		append_cell(buffer, peer->address);
		append_moment(buffer, peer->since_unix_ns);
		buffer_append_format(
			buffer, "<td class=\"n\">%" PRIu64 "</td></tr>\n", peer->frames);
	}
	buffer_append_text(buffer, "</tbody>\n</table></div>\n");
}

static void append_server(struct buffer *buffer, const struct page_view *view)
{
	const struct server_values *server = &view->snapshot->server;
	buffer_append_text(
		buffer, "<section id=\"server\">\n<h2>Echo server</h2>\n<p>Listening on ");
	append_html(buffer, view->listening);
	buffer_append_format(buffer,
		". Open connections: %" PRIu64 ". Frames returned: %" PRIu64 ".</p>\n",
		server->connections, server->frames);
	if (view->peers && view->peers->peer_count > 0)
		append_peers(buffer, view->peers);
	buffer_append_text(buffer, "</section>\n");
}

int landing_page_write(const struct page_view *view, struct buffer *buffer)
{
	buffer_append_text(buffer,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<title>tcp-echo-metrics</title>\n<link rel=\"icon\" href=\"favicon.ico\">\n"
		"<link rel=\"stylesheet\" href=\"page.css\">\n"
		"<script src=\"page.js\" defer></script>\n</head>\n"
		"<body>\n<header>\n<h1>tcp-echo-metrics <small>");
	append_html(buffer, view->version);
	buffer_append_text(buffer,
		"</small></h1>\n<p><a href=\"metrics\">Metrics</a> for Prometheus.</p>\n"
		"</header>\n<main id=\"page\">\n");
	int error = view->snapshot->has_prober ? append_targets(buffer, view) : 0;
	if (view->snapshot->has_server)
		append_server(buffer, view);
	buffer_append_text(buffer, "</main>\n</body>\n</html>\n");
	return buffer->failed ? -ENOMEM : error;
}
