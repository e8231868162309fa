/* SPDX-License-Identifier: MIT */
/* Any tree of collectd's is a configuration or is refused with a reason; what is accepted is valid. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "collectd/plugin_config.h"
#include "config/target_list.h"

#define CHILDREN_MAX 16
#define VALUES_MAX 4
#define DEPTH_MAX 4

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is left of the input. */
struct input {
	const uint8_t *data;
	size_t size;
};

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static uint8_t take_byte(struct input *input)
{
	if (input->size == 0)
		return 0;
	input->size--;
	return *input->data++;
}

/* Takes a text: a byte for its length, and its bytes. Owned by the tree. */
static char *take_text(struct input *input)
{
	size_t length = take_byte(input);
	if (length > input->size)
		length = input->size;
	char *text = calloc(length + 1, 1);
	if (!text)
		abort();
	if (length > 0)
		memcpy(text, input->data, length);
	input->data += length;
	input->size -= length;
	return text;
}

static char *take_key(struct input *input)
{
	size_t which = take_byte(input) % (OPTIONS + 4);
	if (which >= OPTIONS)
		return take_text(input);
	const char *name = option_get((enum option_id)which)->collectd;
	char *key = strdup(name ? name : "Label");
	expect(key != NULL);
	return key;
}

static void take_value(struct input *input, oconfig_value_t *value)
{
	uint64_t bits = 0;
	switch (take_byte(input) % 4) {
	case 0:
		value->type = OCONFIG_TYPE_BOOLEAN;
		value->value.boolean = take_byte(input) % 2;
		break;
	case 1:
		/* Any number: not a number, too. */
		for (size_t i = 0; i < sizeof(bits); i++)
			bits = bits << 8 | take_byte(input);
		value->type = OCONFIG_TYPE_NUMBER;
		memcpy(&value->value.number, &bits, sizeof(bits));
		break;
	case 2:
		value->type = OCONFIG_TYPE_NUMBER;
		value->value.number = take_byte(input) / 16.0;
		break;
	default:
		value->type = OCONFIG_TYPE_STRING;
		value->value.string = take_text(input);
		break;
	}
}

static void take_item(struct input *input, oconfig_item_t *item, unsigned depth)
{
	item->key = take_key(input);
	uint8_t shape = take_byte(input);
	item->values_num = shape % VALUES_MAX;
	item->values = calloc(VALUES_MAX, sizeof(*item->values));
	expect(item->values != NULL);
	for (int i = 0; i < item->values_num; i++)
		take_value(input, &item->values[i]);
	item->children_num =
		depth < DEPTH_MAX && input->size > 0 ? shape / VALUES_MAX % CHILDREN_MAX : 0;
	item->children = calloc(CHILDREN_MAX, sizeof(*item->children));
	expect(item->children != NULL);
	for (int i = 0; i < item->children_num; i++)
		take_item(input, &item->children[i], depth + 1);
}

static void clear(oconfig_item_t *item)
{
	for (int i = 0; i < item->children_num; i++)
		clear(&item->children[i]);
	for (int i = 0; i < item->values_num; i++)
		if (item->values[i].type == OCONFIG_TYPE_STRING)
			free(item->values[i].value.string);
	free(item->children);
	free(item->values);
	free(item->key);
}

static void check_reason(const struct text_error *error)
{
	size_t length = strlen(error->reason);
	expect(length > 0 && !utf8_has_control(error->reason, length));
}

static void check_options(const struct target_options *options)
{
	expect(options->interval_ns >= NS_PER_MS && options->interval_ns <= 86400 * NS_PER_S);
	expect(options->timeout_ns >= NS_PER_MS && options->timeout_ns <= 86400 * NS_PER_S);
	expect(options->window >= 1 && options->window <= 1000000 && options->dscp <= 63);
}

static void check_config(const struct plugin_config *config)
{
	const struct settings *settings = &config->settings;
	expect(settings->threads >= 1 && settings->threads <= 64);
	for (size_t i = 0; i < config->discovery.source_count; i++)
		expect(config->discovery.sources[i][0]);
	check_options(&settings->defaults);
	for (size_t i = 0; i < settings->targets.count; i++) {
		const struct target_config *target = &settings->targets.targets[i];
		size_t length = strlen(target->name);
		expect(length >= 1 && length <= TARGET_NAME_MAX);
		expect(!utf8_has_control(target->name, length) && !strchr(target->name, '/'));
		check_options(&target->options);
	}
}

/* Two blocks, as there may be. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	struct plugin_config config;
	struct text_error error = {0};
	plugin_config_init(&config);
	int result = 0;
	for (unsigned i = 0; i < 2 && result == 0; i++) {
		oconfig_item_t block = {0};
		take_item(&input, &block, 0);
		result = plugin_config_add(&config, &block, &error);
		clear(&block);
	}
	if (result == 0)
		result = plugin_config_complete(&config, &error);
	if (result == 0)
		check_config(&config);
	else
		check_reason(&error);
	plugin_config_clear(&config);
	return 0;
}
