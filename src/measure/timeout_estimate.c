/* SPDX-License-Identifier: MIT */
#include "measure/timeout_estimate.h"

void timeout_estimate_init(struct timeout_estimate *estimate)
{
	*estimate = (struct timeout_estimate){
		.smoothed_ns = -1,
		.timeout_ns = TIMEOUT_ESTIMATE_FIRST_NS,
		.expired_ns = INT64_MIN,
	};
}

static int64_t bounded(int64_t timeout_ns)
{
	if (timeout_ns < TIMEOUT_ESTIMATE_LEAST_NS)
		return TIMEOUT_ESTIMATE_LEAST_NS;
	return timeout_ns < TIMEOUT_ESTIMATE_MOST_NS ? timeout_ns : TIMEOUT_ESTIMATE_MOST_NS;
}

void timeout_estimate_record(struct timeout_estimate *estimate, int64_t rtt_ns)
{
	if (estimate->smoothed_ns < 0) {
		estimate->smoothed_ns = rtt_ns;
		estimate->variance_ns = rtt_ns / 2;
	} else {
		int64_t error_ns = estimate->smoothed_ns - rtt_ns;
		int64_t distance_ns = error_ns < 0 ? -error_ns : error_ns;
		estimate->variance_ns += (distance_ns - estimate->variance_ns) / 4;
		estimate->smoothed_ns -= error_ns / 8;
	}
	int64_t margin_ns = 4 * estimate->variance_ns;
	if (margin_ns < TIMEOUT_ESTIMATE_GRAIN_NS)
		margin_ns = TIMEOUT_ESTIMATE_GRAIN_NS;
	estimate->timeout_ns = bounded(estimate->smoothed_ns + margin_ns);
}

void timeout_estimate_expire(struct timeout_estimate *estimate, int64_t now_ns)
{
	if (estimate->expired_ns > now_ns - estimate->timeout_ns)
		return;
	estimate->expired_ns = now_ns;
	estimate->timeout_ns = bounded(2 * estimate->timeout_ns);
}
