/* SPDX-License-Identifier: MIT */
#include "net/nap.h"

#include "base/clock.h"
#include "base/network.h"

#ifdef _WIN32
typedef SOCKET nap_fd;
#else
#include <poll.h>
typedef int nap_fd;
#endif

/* Longer naps are cut short: poll() counts milliseconds with an int. */
#define NAP_MAX_NS (3600 * NS_PER_S)

bool nap_until(
	const struct waker *waker, evutil_socket_t other, int64_t deadline_ns, int64_t now_ns)
{
	int64_t rest_ns = deadline_ns - now_ns;
	if (rest_ns < 0)
		rest_ns = 0;
	if (rest_ns > NAP_MAX_NS)
		rest_ns = NAP_MAX_NS;
	/* What is heard of neither stays 0. */
	struct pollfd heard[] = {
		{.fd = (nap_fd)waker->read_fd, .events = POLLIN},
		{.fd = (nap_fd)other, .events = POLLIN},
	};
	unsigned count = other >= 0 ? 2 : 1;
#ifdef _WIN32
	WSAPoll(heard, count, (int)((rest_ns + NS_PER_MS - 1) / NS_PER_MS));
#elif defined(__linux__)
	const struct timespec rest = clock_to_timespec(rest_ns);
	ppoll(heard, count, &rest, NULL);
#else
	poll(heard, count, (int)((rest_ns + NS_PER_MS - 1) / NS_PER_MS));
#endif
	return heard[1].revents != 0;
}
