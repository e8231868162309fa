/* SPDX-License-Identifier: MIT */
#include "service/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error_text.h"

#define SAID_MAX ((size_t)64 * 1024)

/* How much of what a command wrote goes into an error. */
#define SHOWN_MAX 300

/* The environment of the caller does not decide which program runs, or how. */
static char *const environment[] = {
	(char[]){"PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
	(char[]){"LC_ALL=C"},
	NULL,
};

static int find(const char *name, char *path, size_t size)
{
	static const char *const folders[] = {"/usr/bin", "/bin"};
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, size, "%s/%s", folders[i], name);
		if (access(path, X_OK) == 0)
			return 0;
	}
	return -ENOENT;
}

/* Starts it with both outputs on output. */
static int spawn(const char *path, const char *const *words, int output, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	char *arguments[COMMAND_WORDS_MAX + 1] = {NULL};
	for (size_t i = 0; i < COMMAND_WORDS_MAX && words[i]; i++)
		/* posix_spawn() does not change it, though its type says so. */
		memcpy(&arguments[i], &words[i], sizeof(arguments[i]));
	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	int failed = posix_spawn(pid, path, &actions, &attributes, arguments, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -failed;
}

/* Reads to the end, and keeps the first SAID_MAX bytes or so. */
static void read_all(int input, struct buffer *said)
{
	char bytes[4096];
	for (;;) {
		ssize_t count = read(input, bytes, sizeof(bytes));
		if (count == 0 || (count < 0 && errno != EINTR))
			return;
		if (count > 0 && said->length + (size_t)count <= SAID_MAX)
			buffer_append(said, bytes, (size_t)count);
	}
}

static int wait_for(pid_t pid, int *status)
{
	while (waitpid(pid, status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static int run(const char *path, const char *const *words, struct buffer *said, int *status)
{
	int ends[2];
	pid_t pid = 0;
	if (pipe(ends) != 0)
		return -errno;
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	int failure = spawn(path, words, ends[1], &pid);
	close(ends[1]);
	if (!failure) {
		read_all(ends[0], said);
		failure = wait_for(pid, status);
	}
	close(ends[0]);
	return failure;
}

/* In one line: the command, and what it wrote or how it ended. */
static void explain(
	const char *const *words, const struct buffer *said, int status, struct text_error *error)
{
	char line[SHOWN_MAX + 1];
	char command[SHOWN_MAX] = "";
	size_t length = 0;
	for (size_t i = 0; i < said->length && length < SHOWN_MAX; i++) {
		char byte = said->data[i];
		if (byte != '\n')
			line[length++] = byte;
		else if (length > 0 && i + 1 < said->length)
			line[length++] = ' ';
	}
	line[length] = '\0';
	for (size_t i = 0; words[i]; i++) {
		size_t used = strlen(command);
		snprintf(
			command + used, sizeof(command) - used, "%s%s", i > 0 ? " " : "", words[i]);
	}
	if (length > 0)
		text_error_set(error, 0, "%s: %s", command, line);
	else if (WIFSIGNALED(status))
		text_error_set(error, 0, "%s: killed by signal %d", command, WTERMSIG(status));
	else
		text_error_set(error, 0, "%s: exited with status %d", command, WEXITSTATUS(status));
}

int command_run(const char *const *words, struct buffer *said, struct text_error *error)
{
	char path[256];
	struct buffer own = {0};
	struct buffer *all = said ? said : &own;
	int status = 0;
	int failure = find(words[0], path, sizeof(path));
	if (!failure)
		failure = run(path, words, all, &status);
	if (failure) {
		char why[ERROR_TEXT_MAX];
		error_text(-failure, why);
		text_error_set(error, 0, "cannot run %s: %s", words[0], why);
	} else if (status != 0) {
		explain(words, all, status, error);
		failure = -EIO;
	}
	buffer_clear(&own);
	return failure;
}

void command_hold_signals(void)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	/* A parent may have had it ignored, and then waiting for a child would fail. */
	signal(SIGCHLD, SIG_DFL);
}
