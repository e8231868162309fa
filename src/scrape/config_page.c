/* SPDX-License-Identifier: MIT */
#include "scrape/config_page.h"

#include <cjson/cJSON.h>
#include <errno.h>

/* Adds one option, as the targets file has it. Returns whether there was memory. */
static bool add_option(
	cJSON *object, const struct target_options *options, const struct option *option)
{
	char text[OPTION_VALUE_TEXT_MAX];
	if (!target_options_has(options, option->id))
		return true;
	target_options_format(options, option, text);
	if (text[0] == '\0')
		return true;
	return (option_takes_text(option)
			       ? cJSON_AddStringToObject(object, option->key, text)
			       : cJSON_AddRawToObject(object, option->key, text)) != NULL;
}

static bool add_labels(cJSON *object, const struct labels *labels)
{
	if (labels->size == 0)
		return true;
	cJSON *texts = cJSON_AddObjectToObject(object, option_get(OPTION_LABELS)->key);
	const char *value;
	const char *name = NULL;
	while (texts && (name = labels_next(labels, name, &value)))
		if (!cJSON_AddStringToObject(texts, name, value))
			return false;
	return texts != NULL;
}

/* Returns NULL without memory. */
static cJSON *make_object(const struct target_config *target)
{
	char address[ENDPOINT_TEXT_MAX];
	endpoint_format(&target->address, address);
	cJSON *object = cJSON_CreateObject();
	bool is_made = object && cJSON_AddStringToObject(object, "name", target->name) &&
		       cJSON_AddStringToObject(object, "address", address);
	for (int id = 0; id < OPTIONS && is_made; id++) {
		const struct option *option = option_get((enum option_id)id);
		if (option->scope == OPTION_OF_TARGET)
			is_made = add_option(object, &target->options, option);
	}
	if (is_made && add_labels(object, &target->labels))
		return object;
	cJSON_Delete(object);
	return NULL;
}

int config_page_write(const struct target_list *targets, struct buffer *buffer)
{
	buffer_append_text(buffer, "[");
	for (size_t i = 0; i < targets->count; i++) {
		cJSON *object = make_object(&targets->targets[i]);
		char *text = object ? cJSON_PrintUnformatted(object) : NULL;
		cJSON_Delete(object);
		if (!text)
			return -ENOMEM;
		buffer_append_text(buffer, i > 0 ? ",\n " : "");
		buffer_append_text(buffer, text);
		cJSON_free(text);
	}
	buffer_append_text(buffer, "]\n");
	return buffer->failed ? -ENOMEM : 0;
}
