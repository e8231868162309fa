/* SPDX-License-Identifier: MIT */
#include "discover/census.h"

#include "../unit.h"

static const struct {
	const char *says;
	struct target_values values;
	bool is_up;
	bool is_tried;
} rows[] = {
	{"not yet dialled", {.connected = false}, false, false},
	{"connected, without a reply yet", {.connected = true, .connects = 1}, false, false},
	{"answers", {.connected = true, .connects = 1, .received = 1}, true, true},
	{"answered, and is gone", {.connected = false, .received = 1}, false, true},
	{"connected, and silent", {.connected = true, .timeouts = 1}, false, true},
	{"refused", {.connect_failures = {[CONNECT_FAILURE_REFUSED] = 1}}, false, true},
	{"without an address", {.connect_failures = {[CONNECT_FAILURE_RESOLVE] = 2}}, false, true},
};

START_TEST(counts_what_is_known)
{
	struct target_snapshot target = {.values = rows[_i].values};
	const struct snapshot snapshot = {.targets = &target, .target_count = 1};
	struct census census;
	census_take(&snapshot, &census);
	ck_assert_uint_eq(census.targets, 1);
	ck_assert_msg(census.up == rows[_i].is_up, "%s", rows[_i].says);
	ck_assert_msg(census.tried == rows[_i].is_tried, "%s", rows[_i].says);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("census");
	tcase_add_loop_test(tcase, counts_what_is_known, 0, ROWS(rows));
	return unit_run("discover/census", tcase);
}
