/* SPDX-License-Identifier: MIT */
#include "discover/file_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit.h"

/* States of a file, one letter each; '-' means that there is no file. */
static struct file_state state_of(char letter)
{
	if (letter == '-')
		return (struct file_state){0};
	return (struct file_state){.exists = true, .device = 1, .inode = 2, .size = letter};
}

/* Each state that is seen gives one event: '.' same, '!' changed, '?' vanished. */
static const struct {
	const char *says;
	const char *seen; /* The first one is the state at the start. */
	const char *events;
} rows[] = {
	{"nothing changes", "aaaa", "..."},
	{"a change counts once it is seen twice", "abbb", ".!."},
	{"a file that is being written has to settle", "abcdeee", "....!."},
	{"each change counts once", "abbbccc", ".!..!."},
	{"changed back before it settled is not a change", "abaaa", "...."},
	{"gone counts once it is seen twice", "a---", ".?."},
	{"gone for a moment, while it is replaced, is a change", "a-bb", "..!"},
	{"gone for a moment and back is not a change", "a-aa", "..."},
	{"it comes back unchanged", "a--aa", ".?.!"},
	{"it comes back changed", "a--bb", ".?.!"},
	{"it did not exist at the start", "-aaa", ".!."},
	{"it never exists", "---", ".."},
};

START_TEST(reports_changes)
{
	struct file_watch watch;
	struct file_state state = state_of(rows[_i].seen[0]);
	file_watch_init(&watch, &state);
	for (int i = 0; rows[_i].events[i] != '\0'; i++) {
		state = state_of(rows[_i].seen[i + 1]);
		static const char letters[] = {
			[FILE_SAME] = '.', [FILE_CHANGED] = '!', [FILE_VANISHED] = '?'};
		char event = letters[file_watch_step(&watch, &state)];
		ck_assert_msg(event == rows[_i].events[i], "%s: step %d: %c", rows[_i].says, i + 1,
			event);
	}
}
END_TEST

START_TEST(knows_what_it_reported)
{
	struct file_watch watch;
	struct file_state state = state_of('a');
	file_watch_init(&watch, &state);
	ck_assert(file_watch_is_known(&watch, &state));
	ck_assert(file_watch_is_settled(&watch));
	state = state_of('b');
	ck_assert(!file_watch_is_known(&watch, &state));
	file_watch_step(&watch, &state);
	ck_assert(!file_watch_is_known(&watch, &state));
	ck_assert(!file_watch_is_settled(&watch));
	file_watch_step(&watch, &state);
	ck_assert(file_watch_is_known(&watch, &state));
	ck_assert(file_watch_is_settled(&watch));
}
END_TEST

/* What may differ in a file's state. */
static const struct {
	const char *says;
	struct file_state state;
} differences[] = {
	{"another device", {true, 9, 2, 3, 4, 5}},
	{"another file in its place", {true, 1, 9, 3, 4, 5}},
	{"its size", {true, 1, 2, 9, 4, 5}},
	{"its content, of the same size", {true, 1, 2, 3, 9, 5}},
	{"its permissions", {true, 1, 2, 3, 4, 9}},
};

START_TEST(notices_any_difference)
{
	const struct file_state state = {true, 1, 2, 3, 4, 5};
	struct file_watch watch;
	file_watch_init(&watch, &state);
	ck_assert_int_eq(file_watch_step(&watch, &state), FILE_SAME);
	const struct file_state *other = &differences[_i].state;
	ck_assert_int_eq(file_watch_step(&watch, other), FILE_SAME);
	ck_assert_msg(file_watch_step(&watch, other) == FILE_CHANGED, "%s", differences[_i].says);
}
END_TEST

START_TEST(reads_the_state_of_a_file)
{
	char path[] = "/tmp/file_watch.XXXXXX";
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	struct file_state empty;
	struct file_state longer;
	struct file_state gone;
	files_state(path, &empty);
	ck_assert(empty.exists);
	ck_assert_int_eq(empty.size, 0);
	ck_assert_int_gt(empty.modified_ns, INT64_C(1700000000000000000));
	ck_assert_int_eq(write(fd, "abc", 3), 3);
	close(fd);
	files_state(path, &longer);
	ck_assert_int_eq(longer.size, 3);
	ck_assert_uint_eq(longer.inode, empty.inode);
	unlink(path);
	files_state(path, &gone);
	ck_assert(!gone.exists);
	ck_assert_uint_eq(gone.inode, 0);
}
END_TEST

START_TEST(a_file_has_more_bytes_than_fit_into_32_bits)
{
	char path[] = "/tmp/file_watch.XXXXXX";
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	const int64_t size = INT64_C(5) << 30;
	ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
	close(fd);
	struct file_state large;
	files_state(path, &large);
	unlink(path);
	ck_assert(large.exists);
	ck_assert_int_eq(large.size, size);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("file_watch");
	tcase_add_loop_test(tcase, reports_changes, 0, ROWS(rows));
	tcase_add_test(tcase, knows_what_it_reported);
	tcase_add_loop_test(tcase, notices_any_difference, 0, ROWS(differences));
	tcase_add_test(tcase, reads_the_state_of_a_file);
	tcase_add_test(tcase, a_file_has_more_bytes_than_fit_into_32_bits);
	return unit_run("discover/file_watch", tcase);
}
