/* SPDX-License-Identifier: MIT */
#include "discover/file_notices.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit.h"

/*
 * A ConfigMap as Kubernetes has it: the file is a link to ..data/targets, and ..data one to a folder; and a link to all of
 * that.
 */
static const char make[] = "mkdir config config/..1 config/..2 elsewhere elsewhere/..data"
			   " && echo 1 >config/..1/targets && echo 2 >config/..2/targets"
			   " && ln -s ..1 config/..data && ln -s ..data/targets config/targets"
			   " && ln -s config link && ln config/..1/targets hard"
			   " && ln -s ..data/targets elsewhere/targets"
			   " && echo 3 >elsewhere/..data/targets";

static const struct {
	const char *says;
	const char *path;
	const char *command;
	bool is_noticed;
} rows[] = {
	{"nothing", "config/targets", ":", false},
	{"it is read", "config/targets", "cat config/targets >/dev/null", false},
	{"another file of its folder", "config/targets", "echo >config/..1/other", false},
	{"another file beside a link to it", "config/targets", "echo >config/other", false},
	{"it is rewritten", "config/targets", "echo 4 >config/..1/targets", true},
	{"it is written by another name", "config/targets", "echo 4 >hard", true},
	{"its permissions", "config/targets", "chmod 600 config/..1/targets", true},
	{"it is replaced", "config/targets", "mv config/..2/targets config/..1/targets", true},
	{"it goes", "config/targets", "rm config/..1/targets", true},
	{"the link is another", "config/targets", "ln -sfn ..2/targets config/targets", true},
	{"the link in the middle is another", "config/targets",
		"ln -s ..2 config/..tmp && mv -T config/..tmp config/..data", true},
	{"a link on the path is another", "link/targets", "ln -sfn elsewhere link", true},
	{"a folder on the path is another", "config/targets", "mv config old", true},
	{"it comes", "config/none", "echo >config/none", true},
	{"it comes with its folder", "none/none/targets", "mkdir none", true},
	{"a file comes to a folder", "config/..1/", "echo >config/..1/new", true},
	{"a file of a folder that is a link", "link/..1", "rm config/..1/targets", true},
};

static char folder[32];
static struct file_notices *notices;

static void run(const char *command)
{
	/* There is no other thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
	ck_assert_msg(system(command) == 0, "%s", command);
}

static void set_up(void)
{
	snprintf(folder, sizeof(folder), "/tmp/file_notices.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
	run(make);
	ck_assert_int_eq(file_notices_open(&notices), 0);
}

static void tear_down(void)
{
	file_notices_close(notices);
	ck_assert_int_eq(chdir("/"), 0);
	char command[64];
	snprintf(command, sizeof(command), "rm -r %s", folder);
	run(command);
}

static bool settle(const char *path)
{
	file_notices_begin(notices);
	file_notices_add(notices, path);
	return file_notices_settle(notices);
}

static bool is_noticed(void)
{
	struct pollfd fd = {.fd = file_notices_fd(notices), .events = POLLIN};
	return poll(&fd, 1, 0) == 1;
}

/* By a relative path, and by an absolute one, on which others may be at work. */
START_TEST(notices_what_a_path_leads_to)
{
	char path[128];
	bool is_absolute = _i % 2 == 1 && rows[_i / 2].is_noticed;
	snprintf(path, sizeof(path), "%s/%s", is_absolute ? folder : ".", rows[_i / 2].path);
	settle(path);
	run(rows[_i / 2].command);
	ck_assert_msg(is_noticed() == rows[_i / 2].is_noticed, "%s", rows[_i / 2].says);
}
END_TEST

START_TEST(forgets_what_is_no_longer_named)
{
	settle("config/..1/targets");
	settle("config/..2/targets");
	ck_assert(settle("config/..2/targets"));
	run("echo 5 >config/..1/targets");
	ck_assert(!is_noticed());
	run("echo 5 >config/..2/targets");
	ck_assert(is_noticed());
}
END_TEST

START_TEST(once_it_is_there_its_folder_is_of_no_interest)
{
	ck_assert(settle("config/none"));
	run("echo >config/other && echo >config/none");
	ck_assert(is_noticed());
	settle("config/none");
	ck_assert(settle("config/none"));
	run("echo >config/another");
	ck_assert(!is_noticed());
	run("rm config/none");
	ck_assert(is_noticed());
}
END_TEST

START_TEST(nothing_is_left_of_more_than_can_be_watched)
{
	run("mkdir many && cd many && seq 1100 | xargs touch");
	file_notices_begin(notices);
	char path[32];
	for (int i = 1; i <= 1100; i++) {
		snprintf(path, sizeof(path), "many/%d", i);
		file_notices_add(notices, path);
	}
	ck_assert(!file_notices_are_complete(notices));
	ck_assert(!file_notices_settle(notices));
	/* Those at the end are too many. */
	run("echo >many/1100");
	ck_assert(!is_noticed());
	ck_assert(settle("many/1100"));
	run("echo >many/1100");
	ck_assert(is_noticed());
}
END_TEST

START_TEST(says_where_changes_go_unnoticed)
{
	ck_assert(!settle("/proc/self/status"));
	run("ln -s loop loop");
	ck_assert(!settle("loop"));
	ck_assert(settle("config/targets"));
}
END_TEST

/* Not so on a network's file system, or a container's. */
static bool is_local(void)
{
	bool is_known = file_notices_open(&notices) == 0 && settle("/tmp");
	file_notices_close(notices);
	return is_known;
}

int main(void)
{
	if (!is_local()) {
		puts("skipped: the changes of files in /tmp go unnoticed");
		return 77;
	}
	TCase *tcase = tcase_create("file_notices");
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, notices_what_a_path_leads_to, 0, 2 * ROWS(rows));
	tcase_add_test(tcase, forgets_what_is_no_longer_named);
	tcase_add_test(tcase, once_it_is_there_its_folder_is_of_no_interest);
	tcase_add_test(tcase, nothing_is_left_of_more_than_can_be_watched);
	tcase_add_test(tcase, says_where_changes_go_unnoticed);
	return unit_run("discover/file_notices", tcase);
}
