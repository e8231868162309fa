/* SPDX-License-Identifier: MIT */
#include "discover/mesh.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../random.h"
#include "../unit.h"

/* Two names with the same FNV-1a, so that they have the same weight for every target. */
#define TWIN_1 "8yn0iYCKYHlIj4-BwPqk"
#define TWIN_2 "GReLUrM4wMqfg9yzV3KQ"
#define CROWD 200
#define TEXT_MAX 256

/* The numbers of docs/fleet.md. */
static const struct {
	const char *prober;
	const char *target;
	uint64_t weight;
} weights[] = {
	{"a", "b", UINT64_C(0xeb38c838c62d597e)},
	{"b", "a", UINT64_C(0x75d8616d8a878837)},
	{"10.0.0.1:4000", "10.0.0.2:4000", UINT64_C(0x843a30366f71c5bc)},
	{"10.0.0.2:4000", "10.0.0.1:4000", UINT64_C(0x0c5e66ea392f139e)},
	{"B\xc3\xbcro", "10.0.0.1:4000", UINT64_C(0xfaed7caf3de9074d)},
};

START_TEST(a_weight_is_what_all_machines_compute)
{
	uint64_t weight = mesh_weight(weights[_i].prober, weights[_i].target);
	ck_assert_msg(
		weight == weights[_i].weight, "%s, %s", weights[_i].prober, weights[_i].target);
}
END_TEST

static void add(struct target_list *list, const char *name, const char *group)
{
	struct labels labels = {0};
	if (group)
		ck_assert_int_eq(labels_append(&labels, "rack", group), 0);
	const struct target_request request = {
		.name = name, .address = "10.0.0.1:4000", .labels = &labels};
	struct text_error error = {.reason = ""};
	ck_assert_msg(target_list_request(list, &request, &error) == 0, "%s", error.reason);
	labels_clear(&labels);
}

/* A list of the words of a text, each "name" or "name=group". */
static struct target_list list_of(const char *text)
{
	struct target_list list = {0};
	char copy[TEXT_MAX];
	snprintf(copy, sizeof(copy), "%s", text);
	char *rest = copy;
	for (char *word; (word = strtok_r(rest, " ", &rest));) {
		char *group = strchr(word, '=');
		if (group)
			*group++ = '\0';
		add(&list, word, group);
	}
	return list;
}

static void names_of(const struct target_list *list, char *text)
{
	size_t length = 0;
	text[0] = '\0';
	for (size_t i = 0; i < list->count; i++)
		length += (size_t)snprintf(text + length, TEXT_MAX - length, "%s%s",
			i > 0 ? " " : "", list->targets[i].name);
}

static const struct {
	const char *says;
	const char *members;
	const char *self;
	size_t probers_per_target;
	const char *group_label;
	const char *own;
} choices[] = {
	{"one prober a target", "a b c d e", "a", 1, NULL, "b c"},
	{"nothing for this one", "a b c d e", "b", 1, NULL, ""},
	{"the rest for this one", "a b c d e", "c", 1, NULL, "a e"},
	{"two probers, of which it is the first or second", "a b c d e", "a", 2, NULL, "b c d"},
	{"two probers, seen from another", "a b c d e", "e", 2, NULL, "c d"},
	{"three probers", "a b c d e", "b", 3, NULL, "a c d"},
	{"the order of the list is that of its own", "e d c b a", "b", 3, NULL, "d c a"},
	{"all others, which are as many", "a b c d e", "b", 4, NULL, "a c d e"},
	{"more than there are", "a b c d e", "d", 1000, NULL, "a b c e"},
	{"alone", "a", "a", 20, NULL, ""},
	{"two", "a b", "a", 1, NULL, "b"},
	{"labels mean nothing unless asked for", "a=1 b=1 c=2 d=2 e=2", "b", 1, NULL, ""},
	{"one of each group", "a=r1 b=r1 c=r1 d=r2 e=r2 f", "a", 1, "rack", "b c d f"},
	{"none of them", "a=r1 b=r1 c=r1 d=r2 e=r2 f", "b", 1, "rack", ""},
	{"the rest of its group's", "a=r1 b=r1 c=r1 d=r2 e=r2 f", "c", 1, "rack", "a e"},
	{"a group of two", "a=r1 b=r1 c=r1 d=r2 e=r2 f", "e", 1, "rack", "a c d f"},
	{"without a group, alone", "a=r1 b=r1 c=r1 d=r2 e=r2 f", "f", 1, "rack", "a b c d e"},
	{"more probers in its own group only", "a=r1 b=r1 c=r1 d=r2 e=r2 f", "b", 2, "rack", "a c"},
	{"a label that nobody has", "a=1 b=1 c=2 d=2 e=2", "b", 3, "site", "a c d"},
	{"of equal weights, the first name's counts", TWIN_1 " " TWIN_2 " d", TWIN_1, 1, NULL,
		TWIN_2 " d"},
	{"and not the other one's", TWIN_2 " " TWIN_1 " d", TWIN_2, 1, NULL, TWIN_1},
};

START_TEST(a_machine_chooses)
{
	struct target_list all = list_of(choices[_i].members);
	const struct mesh_settings settings = {
		choices[_i].self, choices[_i].probers_per_target, choices[_i].group_label};
	struct target_list own;
	struct mesh_values summary;
	ck_assert_int_eq(mesh_choose(&all, &settings, &own, &summary, NULL), 0);
	char names[TEXT_MAX];
	names_of(&own, names);
	ck_assert_msg(strcmp(names, choices[_i].own) == 0, "%s: %s", choices[_i].says, names);
	ck_assert_uint_eq(summary.members, all.count);
	ck_assert_uint_eq(summary.targets, own.count);
	target_list_clear(&own);
	target_list_clear(&all);
}
END_TEST

static const struct {
	const char *says;
	const char *members;
	const char *group_label;
	uint64_t list_hash;
} lists[] = {
	{"one", "a", NULL, 208629245681912},
	{"two", "a b", NULL, 6315437011731709},
	{"in another order", "b a", NULL, 6315437011731709},
	{"five", "a b c d e", NULL, 7090260401002555},
	{"groups that are not asked for", "a=1 b=2 c d e", NULL, 7090260401002555},
	{"no groups", "a b c d e", "rack", 7090260401002555},
	{"groups", "a=r1 b=r1 c=r1 d=r2 e=r2 f", "rack", 606795021689854},
	{"groups in another order", "d=r2 e=r2 f c=r1 b=r1 a=r1", "rack", 606795021689854},
};

START_TEST(a_list_has_a_hash)
{
	struct target_list all = list_of(lists[_i].members);
	const struct mesh_settings settings = {all.targets[0].name, 1, lists[_i].group_label};
	struct target_list own;
	struct mesh_values summary;
	ck_assert_int_eq(mesh_choose(&all, &settings, &own, &summary, NULL), 0);
	ck_assert_msg(summary.list_hash == lists[_i].list_hash, "%s", lists[_i].says);
	/* As a double holds it. */
	ck_assert_uint_eq((uint64_t)(double)summary.list_hash, summary.list_hash);
	target_list_clear(&own);
	target_list_clear(&all);
}
END_TEST

START_TEST(a_machine_that_is_not_in_the_list_is_told)
{
	struct target_list all = list_of("a b c d e");
	const struct mesh_settings settings = {"A", 1, NULL};
	struct target_list own = {.count = 42};
	struct mesh_values summary;
	struct text_error error = {.reason = ""};
	ck_assert_int_eq(mesh_choose(&all, &settings, &own, &summary, &error), -ENOENT);
	ck_assert_str_eq(
		error.reason, "\"A\" is not among the 5 targets, so it has no part in their mesh");
	ck_assert_uint_eq(own.count, 42);
	ck_assert_uint_eq(summary.members, 5);
	ck_assert_uint_eq(summary.targets, 0);
	ck_assert_uint_eq(summary.list_hash, 7090260401002555);
	target_list_clear(&all);
}
END_TEST

START_TEST(an_empty_list_has_nobody)
{
	struct target_list all = {0};
	const struct mesh_settings settings = {"a", 1, NULL};
	struct target_list own;
	struct mesh_values summary;
	ck_assert_int_eq(mesh_choose(&all, &settings, &own, &summary, NULL), -ENOENT);
	ck_assert_uint_eq(summary.list_hash, 0);
}
END_TEST

START_TEST(what_is_chosen_is_a_whole_copy)
{
	struct target_list all = list_of("a=1 b=1");
	ck_assert_uint_eq(all.count, 2);
	ck_assert_ptr_nonnull(all.targets);
	all.targets[1].address.port = 4711;
	all.targets[1].own = 42;
	const struct mesh_settings settings = {"a", 1, NULL};
	struct target_list own;
	struct mesh_values summary;
	ck_assert_int_eq(mesh_choose(&all, &settings, &own, &summary, NULL), 0);
	target_list_clear(&all);
	ck_assert_uint_eq(own.count, 1);
	ck_assert_uint_eq(own.targets[0].address.port, 4711);
	ck_assert_uint_eq(own.targets[0].own, 42);
	const char *value = NULL;
	ck_assert_str_eq(labels_next(&own.targets[0].labels, NULL, &value), "rack");
	ck_assert_str_eq(value, "1");
	target_list_clear(&own);
}
END_TEST

/* Who probes whom among CROWD machines, of whom some may be missing. */
struct crowd {
	bool probes[CROWD][CROWD];
};

/* Lists those that are not missing, in an order of their own for each seed; 0 is the usual one. */
static struct target_list crowd_list(int missing, uint64_t seed)
{
	int order[CROWD];
	for (int i = 0; i < CROWD; i++)
		order[i] = i;
	for (int i = CROWD - 1; i > 0 && seed != 0; i--) {
		int other = (int)random_below(&seed, (uint32_t)i + 1);
		int kept = order[i];
		order[i] = order[other];
		order[other] = kept;
	}
	struct target_list list = {0};
	for (int i = 0; i < CROWD; i++) {
		char name[32];
		snprintf(name, sizeof(name), "machine-%d", order[i]);
		if (order[i] != missing)
			add(&list, name, NULL);
	}
	return list;
}

static int number_of(const struct target_config *target)
{
	return (int)strtol(target->name + strlen("machine-"), NULL, 10);
}

static void crowd_choose(struct crowd *crowd, int missing, uint64_t seed, size_t asked_for)
{
	*crowd = (struct crowd){0};
	struct target_list all = crowd_list(missing, seed);
	for (size_t i = 0; i < all.count; i++) {
		const struct mesh_settings settings = {all.targets[i].name, asked_for, NULL};
		struct target_list own;
		struct mesh_values summary;
		ck_assert_int_eq(mesh_choose(&all, &settings, &own, &summary, NULL), 0);
		for (size_t j = 0; j < own.count; j++)
			crowd->probes[number_of(&all.targets[i])][number_of(&own.targets[j])] =
				true;
		target_list_clear(&own);
	}
	target_list_clear(&all);
}

static const size_t probers_per_target[] = {1, 2, 20, CROWD - 3, CROWD - 2, CROWD - 1, CROWD};

START_TEST(each_target_has_as_many_probers_as_asked_for_and_not_itself)
{
	static struct crowd crowd;
	size_t asked_for = probers_per_target[_i];
	crowd_choose(&crowd, -1, 0, asked_for);
	for (int target = 0; target < CROWD; target++) {
		size_t probers = 0;
		for (int prober = 0; prober < CROWD; prober++)
			probers += crowd.probes[prober][target];
		ck_assert_uint_eq(probers, asked_for < CROWD ? asked_for : CROWD - 1);
		ck_assert(!crowd.probes[target][target]);
	}
}
END_TEST

START_TEST(the_order_of_the_list_does_not_matter)
{
	static struct crowd sorted, shuffled;
	crowd_choose(&sorted, -1, 0, 5);
	crowd_choose(&shuffled, -1, 1, 5);
	ck_assert(memcmp(&sorted, &shuffled, sizeof(sorted)) == 0);
}
END_TEST

START_TEST(a_machine_that_goes_takes_only_its_own_pairs_along)
{
	static struct crowd before, after;
	const int gone = 17;
	crowd_choose(&before, -1, 0, 5);
	crowd_choose(&after, gone, 0, 5);
	for (int target = 0; target < CROWD; target++) {
		int lost = 0;
		int won = 0;
		for (int prober = 0; prober < CROWD; prober++) {
			if (prober == gone || target == gone)
				continue;
			lost += before.probes[prober][target] && !after.probes[prober][target];
			won += !before.probes[prober][target] && after.probes[prober][target];
		}
		ck_assert_int_eq(lost, 0);
		ck_assert_int_eq(won, before.probes[gone][target]);
	}
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("mesh");
	tcase_add_loop_test(tcase, a_weight_is_what_all_machines_compute, 0, ROWS(weights));
	tcase_add_loop_test(tcase, a_machine_chooses, 0, ROWS(choices));
	tcase_add_loop_test(tcase, a_list_has_a_hash, 0, ROWS(lists));
	tcase_add_test(tcase, a_machine_that_is_not_in_the_list_is_told);
	tcase_add_test(tcase, an_empty_list_has_nobody);
	tcase_add_test(tcase, what_is_chosen_is_a_whole_copy);
	tcase_add_loop_test(tcase, each_target_has_as_many_probers_as_asked_for_and_not_itself, 0,
		ROWS(probers_per_target));
	tcase_add_test(tcase, the_order_of_the_list_does_not_matter);
	tcase_add_test(tcase, a_machine_that_goes_takes_only_its_own_pairs_along);
	return unit_run("discover/mesh", tcase);
}
