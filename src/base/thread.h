/* SPDX-License-Identifier: MIT */
/* Threads that leave signals to whoever owns the process, and waiting for one another. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stdint.h>

/*
 * Starts a thread with every signal blocked. name: shown by ps and top, at most 15 bytes.
 * Returns 0 or a negative errno (-EAGAIN: no resources).
 */
int thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *context);

/* Calls with every signal blocked: threads that a library starts in there inherit that. */
void thread_call_without_signals(void (*call)(void *), void *context);

/* From now on the calling thread has the processor after those that measure. */
void thread_give_way(void);

/* Makes a condition for thread_wait_until(); release it with pthread_cond_destroy(). */
void thread_condition_init(pthread_cond_t *condition);

/*
 * As pthread_cond_timedwait(), until the monotonic clock shows deadline_ns (0 or more). Returns 0,
 * also where nobody called, or -ETIMEDOUT.
 */
int thread_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t deadline_ns);

#endif
