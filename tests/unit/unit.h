/* SPDX-License-Identifier: MIT */
/* Common to all unit test programs: libcheck, and a main() around one test case. */
#ifndef UNIT_UNIT_H
#define UNIT_UNIT_H

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>

/*
 * No test measures how long something takes: machines, and what emulates them, differ by a hundred times. A test that hangs
 * is ended, after so many seconds times CK_TIMEOUT_MULTIPLIER; one that waits for what must come gives up before.
 */
#define UNIT_HANGS_S 600
#define UNIT_PATIENCE_MS 60000

/* Whether a processor is emulated by a program that lacks some of what the kernel has. */
static inline bool unit_is_emulated(void)
{
	/* Nobody changes the environment. NOLINTNEXTLINE(concurrency-mt-unsafe) */
	return getenv("UNIT_IS_EMULATED") != NULL;
}

/* How many rows a table has. */
#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* Runs one test case as a suite of that name. Returns main()'s status. */
static inline int unit_run(const char *name, TCase *tcase)
{
	Suite *suite = suite_create(name);
	tcase_set_timeout(tcase, UNIT_HANGS_S);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
