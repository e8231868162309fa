/* SPDX-License-Identifier: MIT */
#include "discover/fetcher.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "discover/fetch_dns.h"
#include "discover/fetch_http.h"

/* A source is asked no more often than that, whatever time to live it tells, nor sooner after a failure. */
#define PAUSE_MIN_NS (5 * NS_PER_S)

struct fetcher {
	struct fetch fetch;
	void (*on_news)(void *context);
	void *context;
	atomic_bool is_over;
	pthread_t thread;
	pthread_mutex_t mutex; /* Guards what follows. */
	pthread_cond_t changed;
	bool is_hurried;
	bool has_news;
	struct fetcher_news news;
};

int64_t fetcher_pause_ns(int64_t refresh_ns, int64_t valid_ns, unsigned failures)
{
	int64_t least_ns = refresh_ns < PAUSE_MIN_NS ? refresh_ns : PAUSE_MIN_NS;
	if (failures == 0 && valid_ns == 0)
		return refresh_ns;
	if (failures == 0)
		return valid_ns < least_ns ? least_ns : valid_ns;
	int64_t pause_ns = least_ns;
	while (--failures > 0 && pause_ns < refresh_ns)
		pause_ns *= 2;
	return pause_ns < refresh_ns ? pause_ns : refresh_ns;
}

static void clear_news(struct fetcher *fetcher)
{
	if (fetcher->has_news)
		target_list_clear(&fetcher->news.fetched.targets);
	fetcher->has_news = false;
}

static void tell(struct fetcher *fetcher, const struct fetcher_news *news)
{
	pthread_mutex_lock(&fetcher->mutex);
	/* A list that nobody has taken yet is worth more than that there is none now. */
	bool is_worse = fetcher->has_news && !fetcher->news.failure && news->failure;
	if (!is_worse) {
		clear_news(fetcher);
		fetcher->news = *news;
		fetcher->has_news = true;
	}
	pthread_mutex_unlock(&fetcher->mutex);
	fetcher->on_news(fetcher->context);
}

/* Returns whether to go on. */
static bool pause_for(struct fetcher *fetcher, int64_t pause_ns)
{
	int64_t until_ns = clock_monotonic_ns() + pause_ns;
	pthread_mutex_lock(&fetcher->mutex);
	while (!atomic_load(&fetcher->is_over) && !fetcher->is_hurried)
		if (thread_wait_until(&fetcher->changed, &fetcher->mutex, until_ns) == -ETIMEDOUT)
			break;
	fetcher->is_hurried = false;
	pthread_mutex_unlock(&fetcher->mutex);
	return !atomic_load(&fetcher->is_over);
}

static void *run(void *context)
{
	struct fetcher *fetcher = context;
	const struct fetch *fetch = &fetcher->fetch;
	int64_t refresh_ns = fetch->settings->refresh_ns;
	int64_t pause_ns;
	unsigned failures = 0;
	do {
		struct fetcher_news news = {0};
		news.failure = fetch->source->kind == TARGET_SOURCE_HTTP
				       ? fetch_http(fetch, &news.fetched, &news.error)
				       : fetch_dns(fetch, &news.fetched, &news.error);
		failures = news.failure ? failures + 1 : 0;
		pause_ns = fetcher_pause_ns(refresh_ns, news.fetched.valid_ns, failures);
		if (atomic_load(&fetcher->is_over))
			target_list_clear(&news.fetched.targets);
		else
			tell(fetcher, &news);
	} while (pause_for(fetcher, pause_ns));
	return NULL;
}

static void fetcher_free(struct fetcher *fetcher)
{
	clear_news(fetcher);
	pthread_cond_destroy(&fetcher->changed);
	pthread_mutex_destroy(&fetcher->mutex);
	free(fetcher);
}

int fetcher_start(const struct fetch *fetch, void (*on_news)(void *context), void *context,
	struct fetcher **fetcher)
{
	struct fetcher *made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	made->fetch = *fetch;
	made->fetch.is_over = &made->is_over;
	made->on_news = on_news;
	made->context = context;
	pthread_mutex_init(&made->mutex, NULL);
	thread_condition_init(&made->changed);
	int error = thread_start(&made->thread, "source", run, made);
	if (error) {
		fetcher_free(made);
		return error;
	}
	*fetcher = made;
	return 0;
}

void fetcher_hurry(struct fetcher *fetcher)
{
	pthread_mutex_lock(&fetcher->mutex);
	fetcher->is_hurried = true;
	pthread_cond_signal(&fetcher->changed);
	pthread_mutex_unlock(&fetcher->mutex);
}

bool fetcher_take(struct fetcher *fetcher, struct fetcher_news *news)
{
	pthread_mutex_lock(&fetcher->mutex);
	bool has_news = fetcher->has_news;
	if (has_news)
		*news = fetcher->news;
	fetcher->has_news = false;
	pthread_mutex_unlock(&fetcher->mutex);
	return has_news;
}

void fetcher_end(struct fetcher *fetcher)
{
	if (!fetcher)
		return;
	pthread_mutex_lock(&fetcher->mutex);
	atomic_store(&fetcher->is_over, true);
	pthread_cond_signal(&fetcher->changed);
	pthread_mutex_unlock(&fetcher->mutex);
}

void fetcher_stop(struct fetcher *fetcher)
{
	if (!fetcher)
		return;
	fetcher_end(fetcher);
	pthread_join(fetcher->thread, NULL);
	fetcher_free(fetcher);
}
