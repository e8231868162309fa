/* SPDX-License-Identifier: MIT */
#include "measure/target_event.h"

#include "../unit.h"

START_TEST(every_failure_has_the_name_of_its_label)
{
	for (int i = 0; i < CONNECT_FAILURES; i++) {
		struct target_failure failure = target_failure_of_connect((enum connect_failure)i);
		ck_assert_str_eq(target_failure_name(&failure),
			connect_failure_name((enum connect_failure)i));
	}
	for (int i = 0; i < DISCONNECTS; i++) {
		struct target_failure failure = target_failure_of_disconnect((enum disconnect)i);
		ck_assert_str_eq(
			target_failure_name(&failure), disconnect_name((enum disconnect)i));
	}
	const struct target_failure none = {TARGET_FAILURE_NONE, 0};
	ck_assert_ptr_null(target_failure_name(&none));
}
END_TEST

START_TEST(every_event_has_a_name)
{
	static const char *const names[TARGET_EVENTS] = {"", "up", "down", "moved"};
	for (int i = 0; i < TARGET_EVENTS; i++)
		ck_assert_str_eq(target_event_name((enum target_event_kind)i), names[i]);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("target_event");
	tcase_add_test(tcase, every_failure_has_the_name_of_its_label);
	tcase_add_test(tcase, every_event_has_a_name);
	return unit_run("measure/target_event", tcase);
}
