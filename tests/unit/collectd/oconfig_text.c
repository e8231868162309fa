/* SPDX-License-Identifier: MIT */
#include "oconfig_text.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static void *grow(void *array, int count, size_t size)
{
	void *grown = realloc(array, (size_t)(count + 1) * size);
	ck_assert_ptr_nonnull(grown);
	return grown;
}

static void set_value(oconfig_value_t *value, const char *word, size_t length, int is_quoted)
{
	char *text = strndup(word, length);
	char *end = NULL;
	double number = strtod(text, &end);
	*value = (oconfig_value_t){.type = OCONFIG_TYPE_STRING, .value.string = text};
	if (is_quoted)
		return;
	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
		value->type = OCONFIG_TYPE_BOOLEAN;
		value->value.boolean = text[0] == 't';
	} else if (end != text && *end == '\0') {
		value->type = OCONFIG_TYPE_NUMBER;
		value->value.number = number;
	} else {
		return;
	}
	free(text);
}

/* Adds an item made of a line's words to a block, which has room reserved for the child. */
static void add_item(oconfig_item_t *block, const char *line, size_t length)
{
	block->children = grow(block->children, block->children_num, sizeof(*block->children));
	oconfig_item_t *item = &block->children[block->children_num++];
	*item = (oconfig_item_t){0};
	const char *end = line + length;
	for (const char *at = line; at < end;) {
		at += strspn(at, " \t");
		if (at >= end)
			break;
		int is_quoted = *at == '"';
		at += is_quoted;
		size_t word = strcspn(at, is_quoted ? "\"\n" : " \t\n>");
		if (item->key == NULL) {
			item->key = strndup(at, word);
		} else {
			item->values = grow(item->values, item->values_num, sizeof(*item->values));
			set_value(&item->values[item->values_num++], at, word, is_quoted);
		}
		at += word + (size_t)is_quoted;
	}
	ck_assert_msg(item->key != NULL, "no key in %.*s", (int)length, line);
}

/* Reads lines up to the end of the block or of the text. Returns what is left. */
static const char *read_block(oconfig_item_t *block, const char *text)
{
	while (*text != '\0') {
		text += strspn(text, " \t\n");
		size_t length = strcspn(text, "\n");
		const char *line = text;
		text += length;
		if (length == 0)
			break;
		if (strncmp(line, "</", 2) == 0)
			return text;
		if (*line != '<') {
			add_item(block, line, length);
			continue;
		}
		ck_assert_msg(line[length - 1] == '>', "%.*s", (int)length, line);
		add_item(block, line + 1, length - 2);
		text = read_block(&block->children[block->children_num - 1], text);
	}
	return text;
}

oconfig_item_t *oconfig_text_parse(const char *text)
{
	oconfig_item_t *root = calloc(1, sizeof(*root));
	ck_assert_ptr_nonnull(root);
	root->key = strdup("Plugin");
	ck_assert_str_eq(read_block(root, text), "");
	return root;
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

void oconfig_text_free(oconfig_item_t *item)
{
	clear(item);
	free(item);
}
