/* SPDX-License-Identifier: MIT */
#include "exporter/process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/* How often to look for a signal where the system cannot wait for one until a deadline. */
#define LOOK_NS (100 * NS_PER_MS)

/* The signals that requests come by. */
static sigset_t awaited_signals(void)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	return signals;
}

/* Opens what of the standard streams is closed. Returns 0 or a negative errno. */
static int fill_streams(void)
{
	for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
		if (fcntl(stream, F_GETFD) >= 0)
			continue;
		/* The lowest number that is free. */
		if (open("/dev/null", stream == STDIN_FILENO ? O_RDONLY : O_WRONLY) < 0)
			return -errno;
	}
	return 0;
}

int process_begin(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	const sigset_t signals = awaited_signals();
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	return fill_streams();
}

void process_take_signals(void)
{
	const sigset_t signals = awaited_signals();
	pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

static void end_at_once(int signal)
{
	(void)signal;
	/* There is nothing yet that would have to be ended in order. */
	_exit(0);
}

void process_await_start(void)
{
	struct sigaction action = {.sa_handler = end_at_once};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigset_t signals = awaited_signals();
	sigdelset(&signals, SIGHUP);
	pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

int process_catch_requests(void)
{
	const sigset_t signals = awaited_signals();
	return -pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

#if defined(_POSIX_REALTIME_SIGNALS) && _POSIX_REALTIME_SIGNALS > 0

static int await_signal_until(const sigset_t *signals, int64_t until_ns)
{
	int64_t wait_ns = until_ns - clock_monotonic_ns();
	if (wait_ns < 0)
		wait_ns = 0;
	const struct timespec wait = clock_to_timespec(wait_ns);
	int signal = sigtimedwait(signals, NULL, &wait);
	return signal > 0 ? signal : 0;
}

#else

static bool is_any_pending(void)
{
	sigset_t pending;
	sigpending(&pending);
	return sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
	       sigismember(&pending, SIGHUP);
}

/* Without sigtimedwait(), as on macOS: looks now and then. */
static int await_signal_until(const sigset_t *signals, int64_t until_ns)
{
	int signal = 0;
	for (;;) {
		if (is_any_pending())
			return sigwait(signals, &signal) == 0 ? signal : 0;
		int64_t now_ns = clock_monotonic_ns();
		if (now_ns >= until_ns)
			return 0;
		clock_sleep_until(until_ns - now_ns < LOOK_NS ? until_ns : now_ns + LOOK_NS);
	}
}

#endif

/* Waits for a signal, until until_ns at most. Returns its number, or 0. */
static int await_signal(const sigset_t *signals, int64_t until_ns)
{
	if (until_ns != INT64_MAX)
		return await_signal_until(signals, until_ns);
	int signal = 0;
	return sigwait(signals, &signal) == 0 ? signal : 0;
}

enum process_request process_wait(int64_t until_ns, const char **by)
{
	const sigset_t signals = awaited_signals();
	int signal = await_signal(&signals, until_ns);
	switch (signal) {
	case 0:
		return PROCESS_NOTHING;
	case SIGHUP:
		*by = "SIGHUP";
		return PROCESS_RELOAD;
	case SIGINT:
		*by = "SIGINT";
		return PROCESS_END;
	default:
		*by = "SIGTERM";
		return PROCESS_END;
	}
}

bool process_has_terminal(void)
{
	return isatty(STDERR_FILENO);
}

bool process_is_interrupt(const char *by)
{
	return strcmp(by, "SIGINT") == 0;
}

void process_ask_to_end(const char *by)
{
	(void)by;
	kill(getpid(), SIGTERM);
}
