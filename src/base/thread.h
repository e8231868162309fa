/* SPDX-License-Identifier: MIT */
/* Threads that never handle signals, and conditions that wait by the monotonic clock. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stdint.h>

/*
 * Starts a thread with every signal blocked, since signals belong to the process's owner. name: as
 * ps and top show it, at most 15 bytes. The caller joins or detaches *thread. Returns 0 or a
 * negative errno (-EAGAIN: out of resources).
 */
int thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *context);

/*
 * Lowers the priority of the calling thread: those that measure come first. Returns 0, also where
 * threads have no priorities of their own, or a negative errno.
 */
int thread_give_way(void);

/* Initializes a condition for thread_wait_until(); release it with pthread_cond_destroy(). */
void thread_condition_init(pthread_cond_t *condition);

/*
 * As pthread_cond_timedwait(), until the monotonic clock shows deadline_ns (0 or more; INT64_MAX is
 * never). Returns 0, which may be a spurious wake-up, or -ETIMEDOUT.
 */
int thread_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t deadline_ns);

#endif
