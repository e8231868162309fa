/* SPDX-License-Identifier: MIT */
#include "page/page_file.h"

#include <stdio.h>
#include <string.h>

#include "../unit.h"

static const struct {
	const char *path;
	const char *type; /* NULL: there is no such file. */
	const char *source;
} files[] = {
	{"/page.js", "text/javascript; charset=utf-8", "src/page/page.js"},
	{"/page.css", "text/css; charset=utf-8", "src/page/page.css"},
	{"/favicon.ico", "image/x-icon", "src/page/favicon.ico"},
	{"/page", NULL, NULL},
	{"page.js", NULL, NULL},
	{"", NULL, NULL},
};

/* Compares a file with what is in the source tree. */
static void check_bytes(const struct page_file *file, const char *source)
{
	/* No other thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
	const char *folder = getenv("srcdir");
	char path[512];
	snprintf(path, sizeof(path), "%s/%s", folder ? folder : "..", source);
	FILE *stream = fopen(path, "rb");
	ck_assert_msg(stream, "%s", path);
	for (size_t i = 0; i < file->length; i++)
		ck_assert_int_eq(fgetc(stream), file->bytes[i]);
	ck_assert_int_eq(fgetc(stream), EOF);
	fclose(stream);
}

START_TEST(has_the_files_of_the_page)
{
	const struct page_file *file = page_file_find(files[_i].path);
	ck_assert_int_eq(file != NULL, files[_i].type != NULL);
	if (!file)
		return;
	ck_assert_str_eq(page_file_content_type(file), files[_i].type);
	ck_assert_int_eq(strncmp(file->etag, "W/\"", 3), 0);
	ck_assert_uint_eq(strspn(file->etag + 3, "0123456789-"), strlen(file->etag) - 4);
	check_bytes(file, files[_i].source);
}
END_TEST

START_TEST(versions_tell_files_apart)
{
	ck_assert_str_ne(page_file_find("/page.js")->etag, page_file_find("/page.css")->etag);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("page_file");
	tcase_add_loop_test(tcase, has_the_files_of_the_page, 0, ROWS(files));
	tcase_add_test(tcase, versions_tell_files_apart);
	return unit_run("page/page_file", tcase);
}
