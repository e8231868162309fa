/* SPDX-License-Identifier: MIT */
#include "service/service_path.h"

#include <string.h>
#include <unistd.h>

#include "../unit.h"

static const struct {
	const char *folder;
	const char *path;
	const char *absolute;
} paths[] = {
	{"/usr", "/etc/t.json", "/etc/t.json"},
	{"/usr", "t.json", "/usr/t.json"},
	{"/usr", "./t.json", "/usr/t.json"},
	{"/usr", "../t.json", "/usr/../t.json"},
	{"/usr", "a/./t.json", "/usr/a/./t.json"},
	{"/usr", "././t.json", "/usr/t.json"},
	{"/", "t.json", "/t.json"},
};

START_TEST(makes_paths_absolute)
{
	char *absolute = NULL;
	ck_assert_int_eq(chdir(paths[_i].folder), 0);
	ck_assert_int_eq(service_path_absolute(paths[_i].path, &absolute, NULL), 0);
	ck_assert_str_eq(absolute, paths[_i].absolute);
	free(absolute);
}
END_TEST

START_TEST(finds_its_own_file_from_anywhere)
{
	char *own = NULL;
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(service_path_own(&own, NULL), 0);
	ck_assert_int_eq(own[0], '/');
	ck_assert_ptr_nonnull(strstr(own, "test_service_path"));
	ck_assert_int_eq(access(own, X_OK), 0);
	free(own);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("service_path");
	tcase_add_loop_test(tcase, makes_paths_absolute, 0, ROWS(paths));
	tcase_add_test(tcase, finds_its_own_file_from_anywhere);
	return unit_run("service/service_path", tcase);
}
