/* SPDX-License-Identifier: MIT */
#include "base/file_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../unit.h"

#define MIB ((size_t)1024 * 1024)

static char path[64];

static void write_file(size_t length)
{
	snprintf(path, sizeof(path), "test_file_text.%d", (int)getpid());
	FILE *file = fopen(path, "wb");
	ck_assert_ptr_nonnull(file);
	for (size_t i = 0; i < length; i++)
		fputc('a' + (int)(i % 26), file);
	fclose(file);
}

static void tear_down(void)
{
	unlink(path);
}

static const size_t lengths[] = {0, 1, 4095, 65536, 65537, MIB};

START_TEST(reads_it_whole_and_adds_a_nul)
{
	struct buffer text = {0};
	struct text_error error;
	write_file(lengths[_i]);
	buffer_append_text(&text, "before");
	ck_assert_int_eq(file_text_read(path, MIB, &text, &error), 0);
	ck_assert_uint_eq(text.length, 6 + lengths[_i] + 1);
	ck_assert_uint_eq(strlen(text.data), 6 + lengths[_i]);
	buffer_clear(&text);
}
END_TEST

START_TEST(refuses_what_is_too_large)
{
	struct buffer text = {0};
	struct text_error error;
	write_file(MIB + 1);
	ck_assert_int_eq(file_text_read(path, MIB, &text, &error), -EFBIG);
	ck_assert_ptr_nonnull(strstr(error.reason, ": is larger than 1 MiB"));
	buffer_clear(&text);
}
END_TEST

static const struct {
	const char *path;
	int failure;
	const char *reason;
} others[] = {
	{"/nonexistent/file", -ENOENT, "/nonexistent/file: cannot be read: "},
	{"/", -EISDIR, "/: cannot be read: "},
	{"/dev/null", -EINVAL, "/dev/null: is not a regular file"},
};

START_TEST(refuses_what_is_not_a_file)
{
	struct buffer text = {0};
	struct text_error error;
	ck_assert_int_eq(file_text_read(others[_i].path, MIB, &text, &error), others[_i].failure);
	ck_assert_msg(strncmp(error.reason, others[_i].reason, strlen(others[_i].reason)) == 0,
		"%s", error.reason);
	buffer_clear(&text);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("file_text");
	tcase_add_checked_fixture(tcase, NULL, tear_down);
	tcase_add_loop_test(tcase, reads_it_whole_and_adds_a_nul, 0, ROWS(lengths));
	tcase_add_test(tcase, refuses_what_is_too_large);
	tcase_add_loop_test(tcase, refuses_what_is_not_a_file, 0, ROWS(others));
	return unit_run("base/file_text", tcase);
}
