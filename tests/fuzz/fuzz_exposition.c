/* SPDX-License-Identifier: MIT */
/*
 * Whatever a configuration lets targets and their labels be named, and whatever their values are:
 * both expositions keep to their grammar, the page has only its own tags, and names come back as
 * they were.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/label_rules.h"
#include "config/target_list.h"
#include "page/landing_page.h"
#include "page/ranking.h"
#include "scrape/exposition.h"

#define TARGETS_MAX 4

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

/* What is left of the input. */
struct input {
	const uint8_t *data;
	size_t size;
};

/* Takes a text: a byte for its length, and its bytes. The caller frees it. */
static char *take_text(struct input *input)
{
	size_t length = input->size > 0 ? input->data[0] : 0;
	if (length >= input->size)
		length = input->size > 0 ? input->size - 1 : 0;
	char *text = calloc(length + 1, 1);
	if (!text)
		abort();
	if (input->size == 0)
		return text;
	memcpy(text, input->data + 1, length);
	input->data += length + 1;
	input->size -= length + 1;
	return text;
}

static uint64_t take_number(struct input *input)
{
	uint64_t number = 0;
	size_t length = input->size < sizeof(number) ? input->size : sizeof(number);
	memcpy(&number, input->data, length);
	input->data += length;
	input->size -= length;
	/* Small, large and largest ones. */
	return number >> (number % 64);
}

static bool is_name(const char *text, size_t length, bool may_have_colon)
{
	for (size_t i = 0; i < length; i++) {
		char c = text[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
				 (may_have_colon && c == ':');
		if (!is_letter && (i == 0 || c < '0' || c > '9'))
			return false;
	}
	return length > 0;
}

/* Reads a label's value up to its closing quote into value. Returns what is behind it. */
static const char *read_value(const char *at, struct buffer *value)
{
	for (; *at != '"'; at++) {
		expect(*at != '\n' && *at != '\0');
		char c = *at;
		if (c == '\\') {
			at++;
			expect(*at == '\\' || *at == '"' || *at == 'n');
			c = *at;
			if (c == 'n')
				c = '\n';
		}
		buffer_append(value, &c, 1);
	}
	buffer_append(value, "", 1);
	return at + 1;
}

static const struct target_config *find(const struct target_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->targets[i].name, name) == 0)
			return &list->targets[i];
	return NULL;
}

/* If it is a label of the user's, it is as it was given. Returns whether it is one. */
static bool check_own_label(
	const struct target_config *target, const char *name, size_t length, const char *value)
{
	const char *own = NULL;
	const char *own_value;
	while ((own = labels_next(&target->labels, own, &own_value)))
		if (strlen(own) == length && memcmp(own, name, length) == 0) {
			expect(strcmp(own_value, value) == 0);
			return true;
		}
	return false;
}

/* *target: whose sample it is; NULL if it is not a target's. */
static const char *read_labels(
	const char *at, const struct target_config **target, const struct target_list *list)
{
	size_t own = 0;
	for (bool is_first = true; *at != '}'; is_first = false) {
		if (!is_first) {
			expect(*at == ',');
			at++;
		}
		size_t length = strcspn(at, "=");
		expect(is_name(at, length, false) && at[length + 1] == '"');
		struct buffer value = {0};
		const char *next = read_value(at + length + 2, &value);
		if (is_first && strncmp(at, "target=", 7) == 0) {
			*target = find(list, value.data);
			expect(*target != NULL);
		} else if (*target && check_own_label(*target, at, length, value.data)) {
			own++;
		}
		buffer_clear(&value);
		at = next;
	}
	const char *name = NULL;
	const char *value;
	while (*target && (name = labels_next(&(*target)->labels, name, &value)))
		own--;
	expect(own == 0);
	return at + 1;
}

static void check_sample(const char *line, size_t length, const struct target_list *list)
{
	const struct target_config *target = NULL;
	size_t name_length = strcspn(line, "{ ");
	expect(is_name(line, name_length, true));
	const char *at = line + name_length;
	if (*at == '{')
		at = read_labels(at + 1, &target, list);
	expect(*at == ' ');
	char *end = NULL;
	strtod(at + 1, &end);
	expect(end == line + length && strchr("+-0123456789", at[1]) != NULL);
}

static void check_comment(const char *line, size_t length)
{
	expect(strncmp(line, "# HELP ", 7) == 0 || strncmp(line, "# TYPE ", 7) == 0 ||
		strncmp(line, "# UNIT ", 7) == 0);
	size_t name_length = strcspn(line + 7, " \n");
	expect(is_name(line + 7, name_length, true) && 7 + name_length + 1 < length);
}

static void check_exposition(const struct snapshot *snapshot, const struct target_list *list,
	enum exposition_format format)
{
	static const struct process_values process = {
		-1, -1, -1, -1, -1, -1, true, {0}, true, 1500000000, {0}};
	static const struct build_info build = {"1", "abc", "cc"};
	struct buffer text = {0};
	expect(exposition_write(&(struct exposition){format, false, false, false, snapshot,
					&process, &build, NULL, 0, NULL},
		       &text) == 0);
	buffer_append(&text, "", 1);
	expect(strlen(text.data) + 1 == text.length);
	bool is_over = false;
	for (const char *line = text.data; *line; line = strchr(line, '\n') + 1) {
		expect(!is_over && strchr(line, '\n') != NULL);
		size_t length = strcspn(line, "\n");
		is_over = strncmp(line, "# EOF\n", 6) == 0;
		if (is_over)
			continue;
		if (*line == '#')
			check_comment(line, length);
		else
			check_sample(line, length, list);
	}
	expect(is_over == (format == EXPOSITION_OPENMETRICS));
	buffer_clear(&text);
}

static uint64_t read_varint(const char **at, const char *end)
{
	uint64_t value = 0;
	unsigned shift = 0;
	unsigned char byte;
	do {
		expect(*at < end && shift < 64);
		byte = (unsigned char)*(*at)++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return value;
}

/* Fields of known wire types, each whole; of a family the fourth are messages, too. */
static void check_message(const char *at, const char *end, bool is_family)
{
	while (at < end) {
		uint64_t tag = read_varint(&at, end);
		uint64_t length = 0;
		switch (tag & 7) {
		case 0:
			read_varint(&at, end);
			continue;
		case 1:
			length = 8;
			break;
		case 2:
			length = read_varint(&at, end);
			break;
		default:
			expect(false);
		}
		expect(length <= (uint64_t)(end - at));
		if (is_family && tag >> 3 == 4)
			check_message(at, at + length, false);
		at += length;
	}
}

static void check_protobuf(const struct snapshot *snapshot)
{
	static const struct process_values process = {
		-1, -1, -1, -1, -1, -1, true, {0}, true, 1500000000, {0}};
	static const struct build_info build = {"1", "abc", "cc"};
	const struct exposition exposition = {
		EXPOSITION_PROTOBUF, false, false, true, snapshot, &process, &build, NULL, 0, NULL};
	struct buffer bytes = {0};
	expect(exposition_write(&exposition, &bytes) == 0);
	const char *at = bytes.data;
	const char *end = at + bytes.length;
	while (at < end) {
		uint64_t length = read_varint(&at, end);
		expect(length <= (uint64_t)(end - at));
		check_message(at, at + length, true);
		at += length;
	}
	buffer_clear(&bytes);
}

/* Whether the page's text begins with one of these. */
static bool begins_with_any(const char *text, const char *const *starts)
{
	for (; *starts; starts++)
		if (strncmp(text, *starts, strlen(*starts)) == 0)
			return true;
	return false;
}

/* Reads what is in a cell, with its entities. Returns what is behind it. */
static const char *check_cell(const char *at, const char *expected)
{
	static const struct {
		const char *entity;
		char c;
	} entities[] = {
		{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};
	expect(strncmp(at, "<td>", 4) == 0);
	at += 4;
	for (; *expected; expected++) {
		const char *text = (const char[]){*expected, '\0'};
		for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
			if (entities[i].c == *expected)
				text = entities[i].entity;
		expect(strncmp(at, text, strlen(text)) == 0);
		at += strlen(text);
	}
	expect(strncmp(at, "</td>", 5) == 0);
	return at + 5;
}

static void check_page(const struct snapshot *snapshot)
{
	static const char *const tags[] = {"<!DOCTYPE html>\n", "<html ", "<head>", "</head>",
		"<meta ", "<title>", "</title>", "<link rel", "<script src=\"page.js\"",
		"</script>", "<body>", "</body>", "<header>", "</header>", "<main id=\"page\">",
		"</main>", "<section id", "</section>", "<h1>", "</h1>", "<h2>", "</h2>", "<small>",
		"</small>", "<p>", "</p>", "<a href", "</a>", "<div class", "</div>", "<table>",
		"</table>", "<thead>", "</thead>", "<tbody>", "</tbody>", "<tr>", "</tr>", "<th>",
		"<th class", "</th>", "<td>", "<td class", "</td>", "</html>\n", NULL};
	const struct page_view view = {.snapshot = snapshot, .listening = "", .version = "1"};
	struct ranking ranking;
	struct buffer page = {0};
	expect(landing_page_write(&view, &page) == 0);
	expect(ranking_make(snapshot, NULL, "", RANKING_WORST, &ranking) == 0);
	buffer_append(&page, "", 1);
	expect(strlen(page.data) + 1 == page.length);
	for (const char *at = page.data; (at = strchr(at, '<')); at++)
		expect(begins_with_any(at, tags));
	const char *row = strstr(page.data, "<tbody>");
	for (size_t i = 0; i < ranking.count; i++) {
		const struct target_snapshot *target = ranking.targets[i].target;
		row = strstr(row, "<tr>");
		expect(row != NULL);
		row = check_cell(row + 4, target->name);
		/* State, median and loss. */
		for (int cell = 0; cell < 3; cell++)
			row = strstr(row, "</td>") + 5;
		row = check_cell(row, target->address);
		row = check_cell(row, target->peer);
	}
	ranking_clear(&ranking);
	buffer_clear(&page);
}

static void take_labels(struct input *input, struct labels *labels)
{
	for (size_t count = take_number(input) % 4; count > 0; count--) {
		char *name = take_text(input);
		char *value = take_text(input);
		bool is_value;
		if (!label_rules_check(labels, name, value, &is_value) && *value)
			expect(labels_append(labels, name, value) == 0);
		free(name);
		free(value);
	}
}

/* Adds a target, if the configuration allows it. */
static void take_target(struct input *input, struct target_list *list)
{
	struct target_options defaults;
	target_options_init(&defaults);
	struct labels labels = {0};
	char *name = take_text(input);
	take_labels(input, &labels);
	const struct target_request request = {
		.name = name, .address = "host:4000", .defaults = &defaults, .labels = &labels};
	struct text_error error;
	target_list_request(list, &request, &error);
	labels_clear(&labels);
	free(name);
}

static void take_values(struct input *input, struct target_values *values)
{
	uint64_t *const counts[] = {&values->sent, &values->received, &values->timeouts,
		&values->unsent, &values->connects, &values->rtt.counts[0], &values->rtt.counts[3]};
	int64_t *const times[] = {&values->last_rtt_ns, &values->jitter_ns,
		&values->last_connect_ns, &values->tcp_rtt_ns, &values->tcp_min_rtt_ns};
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		*counts[i] = take_number(input) / 16;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		*times[i] = (int64_t)(take_number(input) / 2) - 1;
	values->rtt.sum_ns = (int64_t)(take_number(input) / 2);
	values->window_settled = (uint32_t)(take_number(input) % 1000000);
	values->window_lost = values->window_settled / 3;
	values->connected = values->sent & 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	struct target_list list = {0};
	struct target_snapshot targets[TARGETS_MAX] = {0};
	while (input.size > 0 && list.count < TARGETS_MAX) {
		size_t count = list.count;
		take_target(&input, &list);
		if (list.count > count)
			take_values(&input, &targets[count].values);
	}
	for (size_t i = 0; i < list.count; i++) {
		targets[i].name = list.targets[i].name;
		targets[i].address = "host:4000";
		targets[i].peer = i % 2 ? "192.0.2.1:4000" : "";
		targets[i].labels = list.targets[i].labels;
	}
	struct snapshot snapshot = {.has_prober = true,
		.has_server = size % 2,
		.targets = targets,
		.target_count = list.count};
	check_exposition(&snapshot, &list, EXPOSITION_TEXT);
	check_exposition(&snapshot, &list, EXPOSITION_OPENMETRICS);
	check_protobuf(&snapshot);
	check_page(&snapshot);
	target_list_clear(&list);
	return 0;
}
