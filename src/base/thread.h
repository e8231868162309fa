/* SPDX-License-Identifier: MIT */
/* Threads that leave signals to whoever owns the process. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

/*
 * Starts a thread with every signal blocked. name: shown by ps and top, at most 15 bytes.
 * Returns 0 or a negative errno (-EAGAIN: no resources).
 */
int thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *context);

#endif
