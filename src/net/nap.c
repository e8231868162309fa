/* SPDX-License-Identifier: MIT */
#include "net/nap.h"

#include "base/clock.h"
#include "base/network.h"

#ifndef _WIN32
#include <poll.h>
#endif

/* Longer naps are cut short: poll() counts milliseconds with an int. */
#define NAP_MAX_NS (3600 * NS_PER_S)

void nap_until(const struct waker *waker, int64_t deadline_ns, int64_t now_ns)
{
	int64_t rest_ns = deadline_ns - now_ns;
	if (rest_ns <= 0)
		return;
	if (rest_ns > NAP_MAX_NS)
		rest_ns = NAP_MAX_NS;
#ifdef _WIN32
	struct pollfd woken = {.fd = (SOCKET)waker->read_fd, .events = POLLIN};
	WSAPoll(&woken, 1, (int)((rest_ns + NS_PER_MS - 1) / NS_PER_MS));
#else
	struct pollfd woken = {.fd = waker->read_fd, .events = POLLIN};
#ifdef __linux__
	const struct timespec rest = clock_to_timespec(rest_ns);
	ppoll(&woken, 1, &rest, NULL);
#else
	poll(&woken, 1, (int)((rest_ns + NS_PER_MS - 1) / NS_PER_MS));
#endif
#endif
}
