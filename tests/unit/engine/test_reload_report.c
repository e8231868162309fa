/* SPDX-License-Identifier: MIT */
#include "engine/reload_report.h"

#include <string.h>

#include "../unit.h"

static const struct {
	const char *says;
	const char *changes; /* A sign and a letter, the name, each. */
	const char *text;
} rows[] = {
	{"nothing", "", "nothing changed"},
	{"one that is new", "+a", "1 new (a)"},
	{"several", "+a+b-c~d", "2 new (a, b), 1 gone (c), 1 changed (d)"},
	{"as many as are named", "-a-b-c", "3 gone (a, b, c)"},
	{"more than are named", "~a~b~c~d~e", "5 changed (a, b, c, ...)"},
};

START_TEST(tells_what_changed)
{
	struct reload_report report = {0};
	for (const char *at = rows[_i].changes; *at != '\0'; at += 2) {
		const char name[] = {at[1], '\0'};
		enum reload_change change = RELOAD_CHANGED;
		if (*at == '+')
			change = RELOAD_NEW;
		else if (*at == '-')
			change = RELOAD_GONE;
		reload_report_add(&report, change, name);
	}
	struct buffer text = {0};
	reload_report_append(&report, &text);
	buffer_append(&text, "", 1);
	ck_assert_msg(strcmp(text.data, rows[_i].text) == 0, "%s: %s", rows[_i].says, text.data);
	buffer_clear(&text);
	reload_report_clear(&report);
	ck_assert_uint_eq(report.of[RELOAD_NEW].count, 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("reload_report");
	tcase_add_loop_test(tcase, tells_what_changed, 0, ROWS(rows));
	return unit_run("engine/reload_report", tcase);
}
