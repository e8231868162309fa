/* SPDX-License-Identifier: MIT */
/* Common to all unit test programs: libcheck, and a main() around one test case. */
#ifndef UNIT_UNIT_H
#define UNIT_UNIT_H

#include <check.h>
#include <stdlib.h>

/* How many rows a table has. */
#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* Runs one test case as a suite of that name. Returns main()'s status. */
static inline int unit_run(const char *name, TCase *tcase)
{
	Suite *suite = suite_create(name);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
