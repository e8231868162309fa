/* SPDX-License-Identifier: MIT */
#include "base/thread.h"

#include <signal.h>

int thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *context)
{
	/* A new thread inherits the mask, so that no signal can slip in before it has set its own.
	 */
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
