/* SPDX-License-Identifier: MIT */
#include "discover/members.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "base/buffer.h"

static struct target_options defaults;
static struct members members;
static struct buffer refusals;

/* names: one letter each. */
static struct target_list list_of(const char *names)
{
	struct target_list list = {0};
	for (; *names != '\0'; names++) {
		const char name[] = {*names, '\0'};
		ck_assert_int_eq(target_list_add(&list, name, "h:1", &defaults, NULL), 0);
	}
	return list;
}

static void on_refused(void *context, struct member *member, const struct text_error *error)
{
	(void)context;
	(void)member;
	buffer_append_format(&refusals, "%s; ", error->reason);
}

/* A step of a story: "a+xy" offers x and y as the member a's, "a-" lets it go, "=xyz" merges and compares, "!" tells
 * what was refused. */
static const struct {
	const char *says;
	const char *fixed;
	const char *steps[12];
} stories[] = {
	{"nothing", "", {"=", NULL}},
	{"fixed targets alone", "xy", {"=xy", NULL}},
	{"in the order of the sources and names", "f", {"b+yx", "a+z", "=fzyx", NULL}},
	{"one changes", "", {"a+x", "b+y", "=xy", "a+z", "=zy", "a+", "=y", NULL}},
	{"one goes", "", {"a+x", "b+y", "=xy", "a-", "=y", "a+x", "=xy", NULL}},
	{"a name twice: the later is refused", "",
		{"a+x", "b+xy", "=x", "!b: target \"x\": name is used twice, here and in a; ",
			NULL}},
	{"a fixed one's name", "x",
		{"a+xy", "=x", "!a: target \"x\": name is used twice, here and in a block; ",
			NULL}},
	{"the one that is fresh is refused, wherever it is", "",
		{"b+x", "=x", "a+x", "=x", "!a: target \"x\": name is used twice, here and in b; ",
			NULL}},
	{"what was refused is used once it can be", "",
		{"a+x", "b+xy", "=x", "!b: target \"x\": name is used twice, here and in a; ",
			"a+z", "=zxy", "!", NULL}},
	{"what is refused again is not told again", "",
		{"a+x", "b+xy", "c+z", "=xz",
			"!b: target \"x\": name is used twice, here and in a; ", "c+w", "=xw", "!",
			NULL}},
	{"who was refused before hinders nobody", "",
		{"b+x", "=x", "a+x", "=x", "!a: target \"x\": name is used twice, here and in b; ",
			"b+xy", "=xy", "!", NULL}},
	{"a move in one step", "", {"a+xy", "b+z", "=xyz", "a+x", "b+yz", "=xyz", "!", NULL}},
	{"a swap in one step", "", {"a+x", "b+y", "=xy", "a+y", "b+x", "=yx", "!", NULL}},
	{"two of three", "",
		{"a+x", "b+x", "c+x", "=x",
			("!b: target \"x\": name is used twice, here and in a; "
			 "c: target \"x\": name is used twice, here and in a; "),
			NULL}},
	{"one that was refused goes", "", {"a+x", "b+x", "=x", "b-", "=x", "a-", "=", NULL}},
};

static struct member *find(const char *step)
{
	const char name[] = {step[0], '\0'};
	struct member *member = members_find(&members, 0, name);
	return member ? member : members_add(&members, 0, name);
}

static void merge(const char *says, const struct target_list *fixed, const char *expected)
{
	const struct members_refusal refusal = {on_refused, NULL};
	struct target_list merged = {0};
	struct buffer names = {0};
	ck_assert_int_eq(members_merge(&members, fixed, "a block", &refusal, &merged), 0);
	members_accept(&members);
	for (size_t i = 0; i < merged.count; i++)
		buffer_append_text(&names, merged.targets[i].name);
	buffer_append(&names, "", 1);
	ck_assert_msg(
		strcmp(names.data, expected) == 0, "%s: %s, not %s", says, names.data, expected);
	buffer_clear(&names);
	target_list_clear(&merged);
}

static void take_step(const char *says, const struct target_list *fixed, const char *step)
{
	if (step[0] == '=') {
		merge(says, fixed, step + 1);
	} else if (step[0] == '!') {
		buffer_append(&refusals, "", 1);
		ck_assert_msg(strcmp(refusals.data, step + 1) == 0, "%s: %s", says, refusals.data);
		buffer_clear(&refusals);
	} else {
		struct member *member = find(step);
		struct target_list list = list_of(step + 2);
		member_offer(member, &list);
		member->is_gone = step[1] == '-';
	}
}

START_TEST(comes_to_what_the_members_have)
{
	struct target_list fixed = list_of(stories[_i].fixed);
	for (int i = 0; stories[_i].steps[i]; i++)
		take_step(stories[_i].says, &fixed, stories[_i].steps[i]);
	target_list_clear(&fixed);
	members_clear(&members);
	buffer_clear(&refusals);
}
END_TEST

START_TEST(members_are_found_by_source_and_name)
{
	ck_assert_ptr_nonnull(members_add(&members, 1, "b"));
	ck_assert_ptr_nonnull(members_add(&members, 0, "c"));
	ck_assert_ptr_nonnull(members_add(&members, 1, "a"));
	ck_assert_ptr_nonnull(members_add(&members, 0, "a"));
	static const char *const names[] = {"a", "c", "a", "b"};
	for (size_t i = 0; i < 4; i++) {
		ck_assert_str_eq(members.members[i].name, names[i]);
		ck_assert_uint_eq(members.members[i].source, i / 2);
		ck_assert_ptr_eq(members_find(&members, i / 2, names[i]), &members.members[i]);
	}
	ck_assert_ptr_null(members_find(&members, 0, "b"));
	ck_assert_ptr_null(members_find(&members, 2, "a"));
	members_clear(&members);
}
END_TEST

START_TEST(what_is_used_after_all_has_not_failed)
{
	take_step("", NULL, "a+x");
	take_step("", NULL, "b+x");
	take_step("", NULL, "=x");
	ck_assert(members_find(&members, 0, "b")->has_failed);
	ck_assert(!members_find(&members, 0, "a")->has_failed);
	take_step("", NULL, "a+");
	take_step("", NULL, "=x");
	ck_assert(!members_find(&members, 0, "b")->has_failed);
	members_clear(&members);
	buffer_clear(&refusals);
}
END_TEST

/* What the engine does not take is left out, and tried again later. */
START_TEST(what_cannot_be_taken_over_is_held)
{
	const struct members_refusal refusal = {on_refused, NULL};
	struct target_list merged = {0};
	struct member *held;
	take_step("", NULL, "a+x");
	take_step("", NULL, "b+y");
	take_step("", NULL, "=xy");
	take_step("", NULL, "a+pqr");
	members_retry(&members);
	ck_assert_int_eq(members_merge(&members, NULL, "", &refusal, &merged), 0);
	ck_assert_uint_eq(merged.count, 4);
	target_list_clear(&merged);
	ck_assert(members_hold(&members, &held));
	ck_assert_str_eq(held->name, "a");
	ck_assert(held->has_failed);
	take_step("", NULL, "=xy");
	ck_assert(!members_hold(&members, &held));
	/* Then another changes: it is tried with the one that was held, and after that alone. */
	take_step("", NULL, "b+z");
	members_retry(&members);
	ck_assert_int_eq(members_merge(&members, NULL, "", &refusal, &merged), 0);
	ck_assert_uint_eq(merged.count, 4);
	target_list_clear(&merged);
	ck_assert(members_hold(&members, &held));
	ck_assert_ptr_null(held);
	take_step("", NULL, "=xz");
	ck_assert(members_find(&members, 0, "a")->has_failed);
	members_retry(&members);
	take_step("", NULL, "=pqrz");
	ck_assert(!members_find(&members, 0, "a")->has_failed);
	members_clear(&members);
}
END_TEST

START_TEST(what_is_empty_and_gone_is_dropped)
{
	take_step("", NULL, "a+x");
	take_step("", NULL, "b+");
	take_step("", NULL, "c+");
	take_step("", NULL, "=x");
	members_find(&members, 0, "b")->watch.seen.exists = true;
	members_drop_empty(&members, 1);
	ck_assert_uint_eq(members.count, 3);
	members_drop_empty(&members, 0);
	ck_assert_uint_eq(members.count, 2);
	ck_assert_ptr_null(members_find(&members, 0, "c"));
	members_clear(&members);
}
END_TEST

START_TEST(tells_how_many_are_fresh)
{
	const struct member *last = NULL;
	ck_assert_uint_eq(members_count_fresh(&members, &last), 0);
	take_step("", NULL, "a+x");
	take_step("", NULL, "b+");
	ck_assert_uint_eq(members_count_fresh(&members, &last), 2);
	ck_assert_str_eq(last->name, "b");
	members_accept(&members);
	ck_assert_uint_eq(members_count_fresh(&members, &last), 0);
	members_clear(&members);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("members");
	target_options_init(&defaults);
	tcase_add_loop_test(
		tcase, comes_to_what_the_members_have, 0, sizeof(stories) / sizeof(stories[0]));
	tcase_add_test(tcase, members_are_found_by_source_and_name);
	tcase_add_test(tcase, what_is_used_after_all_has_not_failed);
	tcase_add_test(tcase, what_cannot_be_taken_over_is_held);
	tcase_add_test(tcase, what_is_empty_and_gone_is_dropped);
	tcase_add_test(tcase, tells_how_many_are_fresh);
	return unit_run("discover/members", tcase);
}
