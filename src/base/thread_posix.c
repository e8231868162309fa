/* SPDX-License-Identifier: MIT */
#include "base/thread.h"

#include <errno.h>
#include <signal.h>
#ifdef __linux__
#include <sys/resource.h>
#include <unistd.h>
#endif

#include "base/clock.h"

/* What a thread that gives way adds to its niceness. On Linux each thread has its own. */
#define NICER 5

int thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *context)
{
	/* A new thread inherits the mask: set by itself, it would come too late. */
	sigset_t all;
	sigset_t before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(thread, NULL, run, context);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		return -error;
#ifdef __linux__
	pthread_setname_np(*thread, name);
#else
	(void)name;
#endif
	return 0;
}

int thread_give_way(void)
{
#ifdef __linux__
	id_t thread = (id_t)gettid();
	errno = 0;
	int niceness = getpriority(PRIO_PROCESS, thread);
	/* -1 is one that a thread can have; the kernel cuts off what is too high. */
	if (niceness == -1 && errno != 0)
		return -errno;
	return setpriority(PRIO_PROCESS, thread, niceness + NICER) == 0 ? 0 : -errno;
#else
	return 0;
#endif
}

#ifdef __APPLE__

/* Conditions there can wait by the real-time clock, or for a span of time. */
void thread_condition_init(pthread_cond_t *condition)
{
	pthread_cond_init(condition, NULL);
}

int thread_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t deadline_ns)
{
	int64_t rest_ns = deadline_ns - clock_monotonic_ns();
	const struct timespec rest = clock_to_timespec(rest_ns > 0 ? rest_ns : 0);
	return -pthread_cond_timedwait_relative_np(condition, mutex, &rest);
}

#else

void thread_condition_init(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

int thread_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t deadline_ns)
{
	const struct timespec deadline = clock_to_timespec(deadline_ns);
	return -pthread_cond_timedwait(condition, mutex, &deadline);
}

#endif
