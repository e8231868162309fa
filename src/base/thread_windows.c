/* SPDX-License-Identifier: MIT */
#include "base/thread.h"

#include <errno.h>
#include <windows.h>

#include "base/clock.h"

int thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *context)
{
	int error = pthread_create(thread, NULL, run, context);
	if (error)
		return -error;
	pthread_setname_np(*thread, name);
	return 0;
}

int thread_give_way(void)
{
	return SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_BELOW_NORMAL) ? 0 : -EPERM;
}

void thread_condition_init(pthread_cond_t *condition)
{
	pthread_cond_init(condition, NULL);
}

int thread_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t deadline_ns)
{
	/* Conditions here can wait by the real-time clock, or for a span of time. */
	int64_t left_ns = deadline_ns - clock_monotonic_ns();
	if (left_ns < 0)
		left_ns = 0;
	const struct timespec left = clock_to_timespec(left_ns);
	return -pthread_cond_timedwait_relative_np(condition, mutex, &left);
}
