/* SPDX-License-Identifier: MIT */
/*
 * Whatever is asked of /probe, and whatever is allowed: a request is read or refused with one line, what is read is
 * within its bounds.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/destinations.h"
#include "base/utf8.h"
#include "scrape/probe_request.h"

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void check_request(const char *query)
{
	static struct probe_request request;
	static struct probe_request again;
	struct target_options defaults;
	struct text_error error = {0};
	target_options_init(&defaults);
	int result = probe_request_read(query, &defaults, &request, &error);
	if (result != 0) {
		expect(result == -EINVAL && error.reason[0] != '\0');
		expect(!utf8_has_control(error.reason, strlen(error.reason)));
		return;
	}
	const struct target_options *options = &request.target.options;
	expect(request.target.name == request.name && request.name[0] != '\0');
	expect(!utf8_has_control(request.name, strlen(request.name)));
	expect(options->interval_ns >= PROBE_REQUEST_INTERVAL_NS);
	expect(options->window >= 1 && options->window <= PROBE_REQUEST_WINDOW);
	expect(target_options_records(options) <= PROBE_REQUEST_RECORDS);
	expect(probe_request_read(query, &defaults, &again, &error) == 0);
	expect(strcmp(request.key, again.key) == 0);
}

/* Nothing is in a list but what its networks and ports have. */
static void check_list(const char *text)
{
	struct destinations list = {0};
	const char *reason = NULL;
	int error = destinations_add(&list, text, &reason);
	expect(destinations_add(NULL, text, &reason) == error);
	expect((error == 0) == (list.count > 0));
	expect(error == 0 || reason);
	for (size_t i = 0; i < list.count; i++) {
		const struct destination *each = &list.destinations[i];
		expect(each->least_port >= 1 && each->least_port <= each->most_port);
		expect(destinations_have_port(&list, each->least_port));
		union address address = {.v6 = {.sin6_family = AF_INET6}};
		memcpy(&address.v6.sin6_addr, each->network.bytes, NETWORK_BYTES);
		address.v6.sin6_port = htons(each->most_port);
		expect(destinations_contain(&list, &address));
		expect(network_contains(&each->network, &address));
	}
	destinations_clear(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	if (!text)
		return 0;
	check_request(text);
	check_list(text);
	free(text);
	return 0;
}
