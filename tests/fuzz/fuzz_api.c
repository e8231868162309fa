/* SPDX-License-Identifier: MIT */
/*
 * Whatever is asked of the API, and whatever a target is called: questions are read or refused, and answers are JSON
 * that another library reads back.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "page/api.h"
#include "page/landing_page.h"
#include "scrape/api_requests.h"
#include "scrape/http_query.h"

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void check_answer(const struct page_view *view, const struct api_list *list)
{
	const struct target_snapshot *target = &view->snapshot->targets[0];
	struct buffer buffer = {0};
	expect(api_write_targets(view, list, &buffer) == 0);
	buffer_append(&buffer, "", 1);
	cJSON *json = cJSON_Parse(buffer.data);
	expect(json != NULL);
	const cJSON *found = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "targets"), 0);
	expect(!found ||
		strcmp(cJSON_GetObjectItem(found, "name")->valuestring, target->name) == 0);
	/* It is found by its own name, and by no text at all. */
	expect(found || (list->text[0] != '\0' && strcmp(list->text, target->name) != 0));
	cJSON_Delete(json);
	buffer_clear(&buffer);
	expect(api_write_target(view, target, NULL, 0, &buffer) == 0);
	buffer_append(&buffer, "", 1);
	json = cJSON_Parse(buffer.data);
	expect(json != NULL);
	cJSON_Delete(json);
	buffer_clear(&buffer);
	expect(landing_page_write(view, &buffer) == 0);
	buffer_append(&buffer, "", 1);
	/* The one script is the page's own. */
	const char *script = strstr(buffer.data, "<script");
	expect(script && !strstr(script + 1, "<script"));
	buffer_clear(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* The question, then the target's name. */
	char *text = malloc(size + 2);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	text[size + 1] = '\0';
	char *name = text + strlen(text) + 1;
	if (name > text + size)
		name = text + size;
	utf8_sanitize(name);
	char wanted[API_TEXT_MAX];
	char one[API_NAME_MAX];
	uint64_t number;
	struct api_list list;
	if (!api_requests_read_name(text, one))
		expect(!utf8_has_control(one, strlen(one)));
	(void)http_query_number(text, "since", 3, 9, &number);
	if (!api_requests_read_list(text, wanted, &list)) {
		struct target_snapshot target = {.name = name, .address = name, .peer = ""};
		const struct snapshot snapshot = {
			.targets = &target, .target_count = 1, .has_prober = true};
		const struct page_view view = {
			.snapshot = &snapshot, .listening = "", .version = "1"};
		expect(!utf8_has_control(list.text, strlen(list.text)));
		expect(list.limit >= 1 && list.limit <= API_TARGETS_MAX);
		check_answer(&view, &list);
	}
	free(text);
	return 0;
}
