/* SPDX-License-Identifier: MIT */
#include "log/logger.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../unit.h"
#include "base/buffer.h"

#define WRITERS 4
#define LINES 800
#define FLOOD 4000

/* Reads a pipe until its other end closes or nothing comes for a second, and adds a NUL. */
static char *read_pipe(int fd, struct buffer *buffer)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	while (poll(&poll_fd, 1, 1000) == 1) {
		char bytes[4096];
		ssize_t got = read(fd, bytes, sizeof(bytes));
		if (got <= 0)
			break;
		buffer_append(buffer, bytes, (size_t)got);
	}
	buffer_append(buffer, "", 1);
	return buffer->data;
}

/* Reads count lines, and no more, however long the writer takes, and adds a NUL. */
static char *read_lines(int fd, int count, struct buffer *buffer)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	while (count > 0) {
		char byte;
		ck_assert_int_eq(poll(&poll_fd, 1, UNIT_PATIENCE_MS), 1);
		ck_assert_int_eq(read(fd, &byte, 1), 1);
		count -= byte == '\n';
		buffer_append(buffer, &byte, 1);
	}
	buffer_append(buffer, "", 1);
	return buffer->data;
}

START_TEST(writes_everything_before_it_stops)
{
	int fds[2];
	ck_assert_int_eq(pipe(fds), 0);
	struct logger *logger = NULL;
	ck_assert_int_eq(logger_start(fds[1], LOG_FORMAT_TEXT, &logger), 0);
	/* Few enough for a busy machine to write in the time that the logger allows itself. */
	for (int i = 0; i < 5; i++)
		logger_write(logger, LOG_LEVEL_ERROR, "a", "message");
	logger_stop(logger);
	close(fds[1]);
	struct buffer buffer = {0};
	const char *line = read_pipe(fds[0], &buffer);
	int count = 0;
	for (; (line = strstr(line, " error   a: message\n")) != NULL; line++)
		count++;
	ck_assert_int_eq(count, 5);
	buffer_clear(&buffer);
	close(fds[0]);
}
END_TEST

static void *write_many(void *logger)
{
	for (int i = 0; i < LINES / WRITERS; i++)
		logger_write(logger, LOG_LEVEL_INFO, "target", "a line that stays whole");
	return NULL;
}

START_TEST(lines_of_several_threads_stay_whole)
{
	int fds[2];
	ck_assert_int_eq(pipe(fds), 0);
	struct logger *logger = NULL;
	ck_assert_int_eq(logger_start(fds[1], LOG_FORMAT_TEXT, &logger), 0);
	pthread_t threads[WRITERS];
	for (int i = 0; i < WRITERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, write_many, logger), 0);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	struct buffer buffer = {0};
	const char *line = read_lines(fds[0], LINES, &buffer);
	int count = 0;
	for (; *line != '\0'; line = strchr(line, '\n') + 1, count++)
		ck_assert_mem_eq(line + strlen("2026-11-22T20:51:36.123Z"),
			" info    target: a line that stays whole\n", 41);
	ck_assert_int_eq(count, LINES);
	buffer_clear(&buffer);
	logger_stop(logger);
	close(fds[1]);
	close(fds[0]);
}
END_TEST

/* Writes far more than pipe and queue hold. */
static void flood(struct logger *logger)
{
	char message[512];
	memset(message, 'x', sizeof(message) - 1);
	message[sizeof(message) - 1] = '\0';
	for (int i = 0; i < FLOOD; i++)
		logger_write(logger, LOG_LEVEL_INFO, NULL, message);
}

START_TEST(a_pipe_that_nobody_reads_blocks_neither_writers_nor_shutdown)
{
	int fds[2];
	ck_assert_int_eq(pipe(fds), 0);
	struct logger *logger = NULL;
	ck_assert_int_eq(logger_start(fds[1], LOG_FORMAT_TEXT, &logger), 0);
	flood(logger);
	logger_stop(logger);
	/* A writer thread that was left behind would continue as soon as there is room. */
	int held = 0;
	ck_assert_int_eq(ioctl(fds[0], FIONREAD, &held), 0);
	struct buffer buffer = {0};
	read_pipe(fds[0], &buffer);
	ck_assert_uint_eq(buffer.length, (size_t)held + 1);
	buffer_clear(&buffer);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(reports_how_many_messages_were_lost)
{
	int fds[2];
	ck_assert_int_eq(pipe(fds), 0);
	struct logger *logger = NULL;
	ck_assert_int_eq(logger_start(fds[1], LOG_FORMAT_TEXT, &logger), 0);
	flood(logger);
	struct buffer buffer = {0};
	unsigned long whole = 0;
	unsigned long lost = 0;
	while (whole + lost < FLOOD) {
		buffer.length = 0;
		const char *line = read_lines(fds[0], 1, &buffer);
		const char *warning = strstr(line, " warning ");
		if (!warning) {
			ck_assert_ptr_nonnull(strstr(line, "xxx\n"));
			whole++;
			continue;
		}
		ck_assert_ptr_nonnull(strstr(warning, " messages lost: "));
		lost += strtoul(warning + strlen(" warning "), NULL, 10);
	}
	ck_assert_uint_gt(lost, 0);
	ck_assert_uint_eq(whole + lost, FLOOD);
	logger_stop(logger);
	buffer_clear(&buffer);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(a_closed_reader_does_no_harm)
{
	signal(SIGPIPE, SIG_IGN);
	int fds[2];
	ck_assert_int_eq(pipe(fds), 0);
	close(fds[0]);
	struct logger *logger = NULL;
	ck_assert_int_eq(logger_start(fds[1], LOG_FORMAT_TEXT, &logger), 0);
	flood(logger);
	logger_stop(logger);
	close(fds[1]);
}
END_TEST

START_TEST(leaves_the_mode_of_the_descriptor_alone)
{
	int fds[2];
	ck_assert_int_eq(pipe(fds), 0);
	int before = fcntl(fds[1], F_GETFL);
	struct logger *logger = NULL;
	ck_assert_int_eq(logger_start(fds[1], LOG_FORMAT_JSON, &logger), 0);
	logger_write(logger, LOG_LEVEL_INFO, NULL, "x");
	ck_assert_int_eq(fcntl(fds[1], F_GETFL), before);
	logger_stop(logger);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("logger");
	tcase_add_test(tcase, writes_everything_before_it_stops);
	tcase_add_test(tcase, lines_of_several_threads_stay_whole);
	tcase_add_test(tcase, a_pipe_that_nobody_reads_blocks_neither_writers_nor_shutdown);
	tcase_add_test(tcase, reports_how_many_messages_were_lost);
	tcase_add_test(tcase, a_closed_reader_does_no_harm);
	tcase_add_test(tcase, leaves_the_mode_of_the_descriptor_alone);
	return unit_run("log/logger", tcase);
}
