/* SPDX-License-Identifier: MIT */
#include "scrape/api_requests.h"

#include <errno.h>
#include <string.h>

#include "scrape/http_query.h"

#define ORDER_MAX 16
#define FINE_S 5
#define COARSE_S 60

static const char *read_order(const char *query, enum ranking_order *order)
{
	char text[ORDER_MAX];
	int error = http_query_text(query, "sort", text, sizeof(text));
	if (error == -ENOENT)
		return NULL;
	for (int i = 0; i < RANKING_ORDERS && !error; i++) {
		if (strcmp(text, ranking_order_name((enum ranking_order)i)) == 0) {
			*order = (enum ranking_order)i;
			return NULL;
		}
	}
	return "sort must be worst, name, median or loss.";
}

static const char *read_scale(const char *query, enum history_scale *scale)
{
	uint64_t step = COARSE_S;
	int error = http_query_number(query, "step", FINE_S, COARSE_S, &step);
	if ((error && error != -ENOENT) || (step != FINE_S && step != COARSE_S))
		return "step must be 5 or 60, in seconds.";
	*scale = step == FINE_S ? HISTORY_FINE : HISTORY_COARSE;
	return NULL;
}

const char *api_requests_read_list(const char *query, char *text, struct api_list *list)
{
	uint64_t limit = API_TARGETS_DEFAULT;
	struct api_list read = {.text = text, .order = RANKING_WORST, .scale = HISTORY_COARSE};
	int error = http_query_text(query, "q", text, API_TEXT_MAX);
	if (error == -ENOENT)
		text[0] = '\0';
	else if (error)
		return "q must be given once, as at most 255 bytes of UTF-8.";
	error = http_query_number(query, "limit", 1, API_TARGETS_MAX, &limit);
	if (error && error != -ENOENT)
		return "limit must be a number from 1 to 1000.";
	error = http_query_number(query, "since", 0, UINT64_MAX, &read.since);
	if (error && error != -ENOENT)
		return "since must be the number of a step.";
	read.limit = (size_t)limit;
	const char *wrong = read_order(query, &read.order);
	if (!wrong)
		wrong = read_scale(query, &read.scale);
	if (!wrong)
		*list = read;
	return wrong;
}

const char *api_requests_read_name(const char *query, char *name)
{
	int error = http_query_text(query, "name", name, API_NAME_MAX);
	/* No target has a name that long. */
	if (error == -E2BIG) {
		name[0] = '\0';
		return NULL;
	}
	return error ? "name must be given once: the target's name, in UTF-8." : NULL;
}
