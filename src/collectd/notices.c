/* SPDX-License-Identifier: MIT */
#include "collectd/notices.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/utf8.h"

static const char type_of_state[] = "tcp_echo_state";
static const char type_of_loss[] = "tcp_echo_loss";

static void begin_notice(struct notice *notice, const char *type, const char *target,
	int64_t time_ns, int64_t since_ns)
{
	*notice = (struct notice){.type = type, .time_ns = time_ns, .since_ns = since_ns};
	snprintf(notice->target, sizeof(notice->target), "%s", target);
}

static void begin_answer(struct notice *notice, const char *type, const struct letter *letter)
{
	begin_notice(notice, type, letter->target, letter->time_ns, letter->since_ns);
	snprintf(notice->address, sizeof(notice->address), "%s", letter->address);
	snprintf(notice->peer, sizeof(notice->peer), "%s", letter->peer);
}

/* Writes one of a notice's texts, which is cut where it must be. */
static void say(char text[NOTICE_TEXT_MAX], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(char text[NOTICE_TEXT_MAX], const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, NOTICE_TEXT_MAX, format, arguments);
	va_end(arguments);
	/* Perhaps in the middle of a character. */
	utf8_sanitize(text);
}

/* Tenths of a second are precise enough. */
static void format_outage(const struct notice *notice, char text[DURATION_TEXT_MAX])
{
	int64_t outage_ns = notice->time_ns - notice->since_ns;
	duration_format(outage_ns - outage_ns % (100 * NS_PER_MS), text);
}

static bool take_up(struct notices *notices, const struct letter *letter, struct notice *notice)
{
	int64_t since_ns = 0;
	bool was_down = standing_has(&notices->standing, letter->target, &since_ns);
	if (!was_down && !notices->okay_at_start)
		return false;
	begin_answer(notice, type_of_state, letter);
	if (!was_down) {
		notice->since_ns = 0;
		say(notice->text, "%s answers", notice->target);
		return true;
	}
	if (notice->since_ns == 0)
		notice->since_ns = since_ns;
	char outage[DURATION_TEXT_MAX];
	format_outage(notice, outage);
	say(notice->text, "%s answers again after %s", notice->target, outage);
	standing_remove(&notices->standing, letter->target);
	return true;
}

static bool take_down(struct notices *notices, const struct letter *letter, struct notice *notice)
{
	int64_t since_ns = 0;
	if (standing_has(&notices->standing, letter->target, &since_ns))
		return false;
	begin_answer(notice, type_of_state, letter);
	notice->severity = NOTICE_FAILURE;
	say(notice->reason, "%s", letter->text);
	say(notice->text, "%s is down: %s", notice->target, letter->text);
	standing_add(&notices->standing, letter->target, letter->since_ns);
	return true;
}

static void say_gone(struct notice *notice)
{
	say(notice->reason, "no longer probed");
	say(notice->text, "%s is no longer probed", notice->target);
}

static void take_loss(const struct letter *letter, struct notice *notice)
{
	begin_answer(notice, type_of_loss, letter);
	if (isnan(letter->percent)) {
		say_gone(notice);
		return;
	}
	notice->severity = letter->is_lossy ? NOTICE_WARNING : NOTICE_OKAY;
	say(notice->text, "%s loses %.3g %% of its probes, %smore than %.9g %%", notice->target,
		letter->percent, letter->is_lossy ? "" : "not ", letter->limit);
	if (letter->is_lossy)
		say(notice->reason, "loss of %.3g %%", letter->percent);
}

bool notices_take(struct notices *notices, const struct letter *letter, struct notice *notice)
{
	switch (letter->kind) {
	case LETTER_UP:
		return take_up(notices, letter, notice);
	case LETTER_DOWN:
		return take_down(notices, letter, notice);
	case LETTER_LOSS:
		take_loss(letter, notice);
		return true;
	case LETTER_LOG:
		return false;
	}
	__builtin_unreachable();
}

struct sweep {
	int64_t now_ns;
	void (*on_notice)(const struct notice *notice);
};

static void on_gone(void *context, const char *name, int64_t since_ns)
{
	const struct sweep *sweep = context;
	struct notice notice;
	begin_notice(&notice, type_of_state, name, sweep->now_ns, since_ns);
	say_gone(&notice);
	sweep->on_notice(&notice);
}

void notices_keep(struct notices *notices, const struct target_list *targets, int64_t now_ns,
	void (*on_notice)(const struct notice *notice))
{
	struct sweep sweep = {now_ns, on_notice};
	standing_begin(&notices->standing);
	for (size_t i = 0; i < targets->count; i++)
		standing_keep(&notices->standing, targets->targets[i].name);
	standing_sweep(&notices->standing, on_gone, &sweep);
}

void notices_clear(struct notices *notices)
{
	standing_clear(&notices->standing);
}
