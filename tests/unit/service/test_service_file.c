/* SPDX-License-Identifier: MIT */
#include "service/service_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit.h"
#include "service/service_command.h"

static char folder[] = "/tmp/service-file-XXXXXX";
static char path[64];

static void make_folder(void)
{
	memcpy(strchr(folder, '-') + sizeof("file"), "-XXXXXX", sizeof("-XXXXXX"));
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.service", folder);
}

static int files(void)
{
	int count = 0;
	DIR *open = opendir(folder);
	ck_assert_ptr_nonnull(open);
	/* Nobody else reads this folder. NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while (readdir(open) != NULL)
		count++;
	closedir(open);
	return count - 2;
}

/* Fails if something is left in it. */
static void remove_folder(void)
{
	ck_assert_int_eq(rmdir(folder), 0);
}

static void write_file(const char *content)
{
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(content, file);
	fclose(file);
}

static const struct {
	const char *says;
	const char *content;
	enum service_file_state state;
} files_there[] = {
	{"nothing", NULL, SERVICE_FILE_ABSENT},
	{"ours", "# " SERVICE_MARK "\n", SERVICE_FILE_OURS},
	{"ours, with a line before", "<?xml?>\n<!-- " SERVICE_MARK " -->\n", SERVICE_FILE_OURS},
	{"empty", "", SERVICE_FILE_FOREIGN},
	{"another's", "[Unit]\n", SERVICE_FILE_FOREIGN},
};

START_TEST(knows_its_own_files)
{
	make_folder();
	if (files_there[_i].content != NULL)
		write_file(files_there[_i].content);
	ck_assert_msg(service_file_look(path) == files_there[_i].state, "%s", files_there[_i].says);
	unlink(path);
	remove_folder();
}
END_TEST

START_TEST(treats_a_link_as_foreign_even_to_its_own_file)
{
	char other[80];
	make_folder();
	write_file("# " SERVICE_MARK "\n");
	snprintf(other, sizeof(other), "%s/link.service", folder);
	ck_assert_int_eq(symlink(path, other), 0);
	ck_assert_int_eq(service_file_look(other), SERVICE_FILE_FOREIGN);
	unlink(other);
	ck_assert_int_eq(symlink("/nonexistent", other), 0);
	ck_assert_int_eq(service_file_look(other), SERVICE_FILE_FOREIGN);
	unlink(other);
	unlink(path);
	remove_folder();
}
END_TEST

START_TEST(creates_a_file_that_everyone_can_read_and_nothing_else)
{
	struct buffer text = {0};
	struct stat status;
	char content[8] = "";
	make_folder();
	buffer_append_text(&text, "hello");
	umask(0077);
	ck_assert_int_eq(service_file_create(path, &text, NULL), 0);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_eq(status.st_mode & 07777, 0644);
	int fd = open(path, O_RDONLY);
	ck_assert_int_eq(read(fd, content, sizeof(content)), 5);
	close(fd);
	ck_assert_str_eq(content, "hello");
	ck_assert_int_eq(files(), 1);
	ck_assert_int_eq(service_file_remove(path, NULL), 0);
	buffer_clear(&text);
	remove_folder();
}
END_TEST

START_TEST(never_replaces_a_foreign_file)
{
	struct buffer text = {0};
	struct text_error error = {.reason = ""};
	make_folder();
	write_file("theirs");
	buffer_append_text(&text, "ours");
	ck_assert_int_eq(service_file_create(path, &text, &error), -EEXIST);
	ck_assert_msg(strstr(error.reason, path) != NULL, "%s", error.reason);
	ck_assert_int_eq(files(), 1);
	ck_assert_int_eq(service_file_look(path), SERVICE_FILE_FOREIGN);
	unlink(path);
	buffer_clear(&text);
	remove_folder();
}
END_TEST

START_TEST(leaves_nothing_when_the_disk_is_full)
{
	struct buffer text = {0};
	struct text_error error = {.reason = ""};
	make_folder();
	for (int i = 0; i < 4096; i++)
		buffer_append_text(&text, "x");
	/* Exceeding a limit is as good as a full disk; the signal for that would end the test. */
	ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
	const struct rlimit limit = {.rlim_cur = 1024, .rlim_max = 1024};
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(service_file_create(path, &text, &error), -EFBIG);
	ck_assert_msg(strstr(error.reason, "cannot write") != NULL, "%s", error.reason);
	ck_assert_int_eq(files(), 0);
	buffer_clear(&text);
	remove_folder();
}
END_TEST

START_TEST(sets_aside_and_puts_back)
{
	char *aside = NULL;
	make_folder();
	write_file("x");
	ck_assert_int_eq(service_file_set_aside(path, &aside, NULL), 0);
	ck_assert_int_eq(service_file_look(path), SERVICE_FILE_ABSENT);
	ck_assert_int_eq(files(), 1);
	ck_assert_int_eq(strrchr(aside, '/')[1], '.');
	service_file_put_back(aside, path);
	ck_assert_int_eq(service_file_look(path), SERVICE_FILE_FOREIGN);
	ck_assert_int_eq(files(), 1);
	free(aside);
	unlink(path);
	struct text_error error = {.reason = ""};
	ck_assert_int_eq(service_file_set_aside(path, &aside, &error), -ENOENT);
	ck_assert_int_eq(service_file_remove(path, &error), -ENOENT);
	remove_folder();
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("service_file");
	tcase_add_loop_test(tcase, knows_its_own_files, 0, ROWS(files_there));
	tcase_add_test(tcase, treats_a_link_as_foreign_even_to_its_own_file);
	tcase_add_test(tcase, creates_a_file_that_everyone_can_read_and_nothing_else);
	tcase_add_test(tcase, never_replaces_a_foreign_file);
	tcase_add_test(tcase, leaves_nothing_when_the_disk_is_full);
	tcase_add_test(tcase, sets_aside_and_puts_back);
	return unit_run("service/service_file", tcase);
}
