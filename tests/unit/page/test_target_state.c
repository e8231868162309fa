/* SPDX-License-Identifier: MIT */
#include "page/target_state.h"

#include "../unit.h"
#include "base/clock.h"

#define MS NS_PER_MS

static const struct {
	const char *says;
	struct target_values values;
	int64_t median_ns;
	int64_t usual_ns;
	enum target_state state;
} rows[] = {
	{"never dialled", {.connected = false}, -1, -1, TARGET_STATE_STARTING},
	{"never reached", {.connect_failures = {[CONNECT_FAILURE_OTHER] = 1}}, -1, -1,
		TARGET_STATE_DOWN},
	{"lost", {.connects = 1}, MS, MS, TARGET_STATE_DOWN},
	{"lost, with loss", {.connects = 1, .window_settled = 10, .window_lost = 9}, MS, MS,
		TARGET_STATE_DOWN},
	{"connected", {.connects = 1, .connected = true}, -1, -1, TARGET_STATE_UP},
	{"a single loss is chance", {.connected = true, .window_settled = 10, .window_lost = 1}, -1,
		-1, TARGET_STATE_UP},
	{"two of 100", {.connected = true, .window_settled = 100, .window_lost = 2}, -1, -1,
		TARGET_STATE_LOSSY},
	{"two of 200", {.connected = true, .window_settled = 200, .window_lost = 2}, -1, -1,
		TARGET_STATE_LOSSY},
	{"just below 1 %", {.connected = true, .window_settled = 1000, .window_lost = 9}, -1, -1,
		TARGET_STATE_UP},
	{"lossy and slow", {.connected = true, .window_settled = 2, .window_lost = 2}, 100 * MS, MS,
		TARGET_STATE_LOSSY},
	{"slow", {.connected = true}, 10 * MS, 4 * MS, TARGET_STATE_SLOW},
	{"twice is not yet slow", {.connected = true}, 8 * MS, 4 * MS, TARGET_STATE_UP},
	{"less than 1 ms more", {.connected = true}, 900000, 100000, TARGET_STATE_UP},
	{"nobody knows what is usual", {.connected = true}, 100 * MS, -1, TARGET_STATE_UP},
	{"no median", {.connected = true}, -1, 4 * MS, TARGET_STATE_UP},
};

START_TEST(has_one_state)
{
	enum target_state state =
		target_state_of(&rows[_i].values, rows[_i].median_ns, rows[_i].usual_ns);
	ck_assert_msg(state == rows[_i].state, "%s: %s", rows[_i].says, target_state_name(state));
}
END_TEST

static const struct {
	uint32_t lost;
	uint32_t settled;
	unsigned hundredths;
} losses[] = {
	{0, 0, 0},
	{0, 7, 0},
	{7, 7, 10000},
	{1, 3, 3334},
	{1, 1000000, 1},
	{999999, 1000000, 10000},
};

START_TEST(rounds_loss_up)
{
	const struct target_values values = {
		.window_lost = losses[_i].lost, .window_settled = losses[_i].settled};
	ck_assert_uint_eq(target_state_loss(&values), losses[_i].hundredths);
}
END_TEST

START_TEST(every_state_has_a_name)
{
	static const char *const names[TARGET_STATES] = {"down", "lossy", "slow", "starting", "up"};
	for (int i = 0; i < TARGET_STATES; i++)
		ck_assert_str_eq(target_state_name((enum target_state)i), names[i]);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("target_state");
	tcase_add_loop_test(tcase, has_one_state, 0, ROWS(rows));
	tcase_add_loop_test(tcase, rounds_loss_up, 0, ROWS(losses));
	tcase_add_test(tcase, every_state_has_a_name);
	return unit_run("page/target_state", tcase);
}
