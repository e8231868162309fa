/* SPDX-License-Identifier: MIT */
#include "scrape/landing_page.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"

static const char style[] =
	":root{color-scheme:light dark}"
	"body{font:1rem/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}"
	"h1{font-size:1.5rem}"
	"h1 small{font-weight:normal;opacity:.7}"
	".wide{overflow-x:auto}"
	"table{border-collapse:collapse;width:100%}"
	"th,td{padding:.3rem .75rem;text-align:left;"
	"border-bottom:1px solid #8886;white-space:nowrap}"
	".n{text-align:right;font-variant-numeric:tabular-nums}"
	".up,.down{font-weight:600}"
	".up{color:#137333}.down{color:#c5221f}"
	"@media(prefers-color-scheme:dark){.up{color:#81c995}.down{color:#f28b82}}";

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
static void append_rtt(struct buffer *buffer, int64_t rtt_ns)
{
	buffer_append_text(buffer, "<td class=\"n\">");
	if (rtt_ns >= 0)
		buffer_append_format(buffer, "%" PRId64 ".%03" PRId64 " ms", rtt_ns / NS_PER_MS,
			rtt_ns % NS_PER_MS / NS_PER_US);
	buffer_append_text(buffer, "</td>");
}

/* In tenths of a percent, rounded up so that no loss reads as none. */
static void append_loss(struct buffer *buffer, const struct target_values *values)
{
	uint64_t settled = values->window_settled > 0 ? values->window_settled : 1;
	uint64_t tenths = (UINT64_C(1000) * values->window_lost + settled - 1) / settled;
	buffer_append_format(buffer, "<td class=\"n\">%" PRIu64 ".%" PRIu64 " %%</td>", tenths / 10,
		tenths % 10);
}

/* Of all round trips since the target is probed, to 5 %. */
static void append_quantile(
	struct buffer *buffer, const struct target_snapshot *target, unsigned percent)
{
	const struct distribution *distribution = target->distribution;
	uint64_t count = distribution ? distribution_count(distribution) : 0;
	int64_t rtt_ns = -1;
	if (count > 0)
		rtt_ns = (int64_t)(distribution_ranked(
					   distribution, distribution_rank(percent, count)) *
				   (double)NS_PER_S);
	append_rtt(buffer, rtt_ns);
}

static void append_row(struct buffer *buffer, const struct target_snapshot *target)
{
	const struct target_values *values = &target->values;
	const char *state = values->connected ? "up" : "down";
	buffer_append_text(buffer, "<tr>");
	append_cell(buffer, target->name);
	append_cell(buffer, target->address);
	append_cell(buffer, target->peer);
	buffer_append_format(buffer, "<td class=\"%s\">%s</td>", state, state);
	/* While it is down, nothing is known of it. */
	append_rtt(buffer, values->connected ? values->last_rtt_ns : -1);
	append_quantile(buffer, target, 50);
	append_quantile(buffer, target, 99);
	append_loss(buffer, values);
	buffer_append_format(buffer, "<td class=\"n\">%" PRIu64 "</td></tr>\n", values->sent);
}

static void append_targets(struct buffer *buffer, const struct snapshot *snapshot)
{
	size_t up = 0;
	for (size_t i = 0; i < snapshot->target_count; i++)
		up += snapshot->targets[i].values.connected;
	buffer_append_format(buffer, "<h2>Targets</h2>\n<p>%zu of %zu are up.</p>\n", up,
		snapshot->target_count);
	buffer_append_text(buffer,
		"<div class=\"wide\"><table>\n"
		"<thead><tr><th>Target</th><th>Address</th><th>Peer</th>"
		"<th>State</th><th class=\"n\">Last RTT</th><th class=\"n\">Median</th>"
		"<th class=\"n\">99th percentile</th><th class=\"n\">Loss</th>"
		"<th class=\"n\">Sent</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < snapshot->target_count && i < LANDING_PAGE_ROWS_MAX; i++)
		append_row(buffer, &snapshot->targets[i]);
	buffer_append_text(buffer, "</tbody>\n</table></div>\n");
	if (snapshot->target_count > LANDING_PAGE_ROWS_MAX)
		buffer_append_format(buffer,
			"<p>Only the first %d of %zu are shown; "
			"<a href=\"metrics\">the metrics</a> have them all.</p>\n",
			LANDING_PAGE_ROWS_MAX, snapshot->target_count);
}

static void append_server(struct buffer *buffer, const struct server_values *server)
{
	buffer_append_format(buffer,
		"<h2>Echo server</h2>\n<p>Open connections: %" PRIu64 ". Frames returned: %" PRIu64
		".</p>\n",
		server->connections, server->frames);
}

int landing_page_write(const struct snapshot *snapshot, const char *version, struct buffer *buffer)
{
	buffer_append_text(buffer,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<title>tcp-echo-metrics</title>\n<style>");
	buffer_append_text(buffer, style);
	buffer_append_text(buffer, "</style>\n</head>\n<body>\n<h1>tcp-echo-metrics <small>");
	append_html(buffer, version);
	buffer_append_text(
		buffer, "</small></h1>\n<p><a href=\"metrics\">Metrics</a> for Prometheus.</p>\n");
	if (snapshot->has_prober)
		append_targets(buffer, snapshot);
	if (snapshot->has_server)
		append_server(buffer, &snapshot->server);
	buffer_append_text(buffer, "</body>\n</html>\n");
	return buffer->failed ? -ENOMEM : 0;
}
