/* SPDX-License-Identifier: MIT */
#include "base/labels.h"

#include <stdio.h>
#include <string.h>

#include "../unit.h"

static void add(struct labels *labels, const char *name, const char *value)
{
	ck_assert_int_eq(labels_append(labels, name, value), 0);
}

/* Prints them on one line. */
static void describe(const struct labels *labels, char *text)
{
	const char *value;
	const char *name = NULL;
	text[0] = '\0';
	while ((name = labels_next(labels, name, &value)))
		text += sprintf(text, "%s=%s;", name, value);
}

START_TEST(no_labels_are_no_labels)
{
	struct labels labels = {0};
	struct labels copy = {.size = 7};
	const char *value;
	ck_assert_ptr_null(labels_next(&labels, NULL, &value));
	ck_assert_int_eq(labels_copy(&labels, &copy), 0);
	ck_assert_uint_eq(copy.size, 0);
	ck_assert_ptr_null(copy.text);
	labels_clear(&copy);
	labels_clear(&labels);
}
END_TEST

START_TEST(a_copy_is_independent)
{
	struct labels labels = {0};
	struct labels copy;
	add(&labels, "site", "ams");
	add(&labels, "role", "web");
	ck_assert_int_eq(labels_copy(&labels, &copy), 0);
	labels_clear(&labels);
	ck_assert_uint_eq(labels.size, 0);
	add(&copy, "more", "1");
	char text[64];
	describe(&copy, text);
	ck_assert_str_eq(text, "site=ams;role=web;more=1;");
	labels_clear(&copy);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("labels");
	tcase_add_test(tcase, no_labels_are_no_labels);
	tcase_add_test(tcase, a_copy_is_independent);
	return unit_run("base/labels", tcase);
}
