/* SPDX-License-Identifier: MIT */
#include "base/container.h"

#include <stdint.h>

#include "../unit.h"

struct outer {
	char first;
	struct {
		int value;
	} middle;
	uint64_t last;
};

START_TEST(a_member_leads_to_its_container)
{
	struct outer outer;
	ck_assert_ptr_eq(container_at(&outer.first, offsetof(struct outer, first)), &outer);
	ck_assert_ptr_eq(container_at(&outer.middle, offsetof(struct outer, middle)), &outer);
	ck_assert_ptr_eq(container_at(&outer.last, offsetof(struct outer, last)), &outer);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("container");
	tcase_add_test(tcase, a_member_leads_to_its_container);
	return unit_run("base/container", tcase);
}
