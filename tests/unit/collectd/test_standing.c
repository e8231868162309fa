/* SPDX-License-Identifier: MIT */
#include "collectd/standing.h"

#include <stdio.h>
#include <string.h>

#include "../unit.h"

enum { COUNT = 500 };

static struct standing standing;

static void tear_down(void)
{
	standing_clear(&standing);
	ck_assert_uint_eq(standing.count, 0);
}

/* The names come in no order. */
static const char *name_of(int i)
{
	static char name[16];
	snprintf(name, sizeof(name), "t%d", i * 263 % COUNT);
	return name;
}

START_TEST(finds_each_among_many)
{
	int64_t since_ns = -1;
	for (int i = 0; i < COUNT; i++) {
		ck_assert(!standing_has(&standing, name_of(i), &since_ns));
		standing_add(&standing, name_of(i), i);
	}
	ck_assert_int_eq(since_ns, -1);
	for (int i = 0; i < COUNT; i++) {
		ck_assert(standing_has(&standing, name_of(i), &since_ns));
		ck_assert_int_eq(since_ns, i);
	}
	for (int i = 0; i < COUNT; i += 2)
		standing_remove(&standing, name_of(i));
	ck_assert_uint_eq(standing.count, COUNT / 2);
	for (int i = 0; i < COUNT; i++)
		ck_assert_int_eq(standing_has(&standing, name_of(i), &since_ns), i % 2);
}
END_TEST

static char gone[200];

static void on_gone(void *context, const char *name, int64_t since_ns)
{
	size_t length = strlen(gone);
	ck_assert_ptr_eq(context, &standing);
	snprintf(gone + length, sizeof(gone) - length, "%s=%d;", name, (int)since_ns);
}

START_TEST(forgets_what_is_gone)
{
	gone[0] = '\0';
	standing_add(&standing, "stays", 1);
	standing_add(&standing, "goes", 2);
	standing_add(&standing, "goes too", 3);
	for (int times = 0; times < 2; times++) {
		standing_begin(&standing);
		standing_keep(&standing, "has none");
		standing_keep(&standing, "stays");
		standing_sweep(&standing, on_gone, &standing);
		ck_assert_str_eq(gone, "goes=2;goes too=3;");
	}
	int64_t since_ns = 0;
	ck_assert(standing_has(&standing, "stays", &since_ns) && since_ns == 1);
	ck_assert(!standing_has(&standing, "goes", &since_ns));
}
END_TEST

START_TEST(what_comes_while_names_are_kept_stays)
{
	standing_begin(&standing);
	standing_keep(&standing, "new");
	standing_add(&standing, "new", 1);
	standing_sweep(&standing, on_gone, &standing);
	ck_assert_uint_eq(standing.count, 1);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("standing");
	tcase_add_checked_fixture(tcase, NULL, tear_down);
	tcase_add_test(tcase, finds_each_among_many);
	tcase_add_test(tcase, forgets_what_is_gone);
	tcase_add_test(tcase, what_comes_while_names_are_kept_stays);
	return unit_run("collectd/standing", tcase);
}
