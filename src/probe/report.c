/* SPDX-License-Identifier: MIT */
#include "probe/report.h"

#include "base/clock.h"
#include "base/duration.h"

#define FIRST_REMINDER_NS (60 * NS_PER_S)
#define LAST_REMINDER_NS (3600 * NS_PER_S)

/*
 * A target that goes up and down all the time must not fill the disk: after some changes in a row
 * only one now and then is logged (the generic cell rate algorithm, ITU-T I.371).
 */
#define CHANGE_PERIOD_NS (30 * NS_PER_S)
#define CHANGES_IN_A_ROW 20

/* Whether this change may have its line. *hint: what it says about the others. */
static bool may_tell(struct report *report, int64_t now_ns, const char **hint)
{
	if (report->lines_until_ns < now_ns)
		report->lines_until_ns = now_ns;
	int64_t used_ns = report->lines_until_ns - now_ns;
	if (used_ns > (CHANGES_IN_A_ROW - 1) * CHANGE_PERIOD_NS)
		return false;
	report->lines_until_ns += CHANGE_PERIOD_NS;
	bool is_last = used_ns + CHANGE_PERIOD_NS > (CHANGES_IN_A_ROW - 1) * CHANGE_PERIOD_NS;
	*hint = is_last ? " (flapping: not every change is logged)" : "";
	return true;
}

static void format_outage(const struct report *report, int64_t now_ns, char *text)
{
	/* Tenths of a second are precise enough, except for the shortest. */
	int64_t outage_ns = now_ns - report->down_ns;
	int64_t step_ns = outage_ns < NS_PER_S ? NS_PER_MS : 100 * NS_PER_MS;
	duration_format(outage_ns - outage_ns % step_ns, text);
}

bool report_up(struct report *report, const struct log *log, const char *target, const char *peer,
	int64_t now_ns)
{
	if (report->state == REPORT_UP)
		return false;
	const char *hint = "";
	bool is_told = may_tell(report, now_ns, &hint);
	report->outage_ns = 0;
	if (report->state == REPORT_DOWN) {
		char outage[DURATION_TEXT_MAX];
		report->outage_ns = now_ns - report->down_ns;
		format_outage(report, now_ns, outage);
		log_write(log, is_told ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, target,
			"up: %s answers again after %s%s", peer, outage, hint);
	} else {
		bool is_news = is_told && !report->is_one_of_many;
		log_write(log, is_news ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, target,
			"up: %s answers%s", peer, hint);
	}
	report->state = REPORT_UP;
	return true;
}

static void begin_outage(struct report *report, int64_t now_ns)
{
	report->state = REPORT_DOWN;
	report->attempts = 1;
	report->down_ns = now_ns;
	report->remind_ns = now_ns + FIRST_REMINDER_NS;
	report->remind_after_ns = FIRST_REMINDER_NS;
}

bool report_down(struct report *report, const struct log *log, const char *target, const char *why,
	int64_t now_ns)
{
	if (report->state != REPORT_DOWN) {
		const char *hint = "";
		bool is_told = may_tell(report, now_ns, &hint);
		begin_outage(report, now_ns);
		log_write(log, is_told ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, target, "down: %s%s",
			why, hint);
		return true;
	}
	report->attempts++;
	if (now_ns < report->remind_ns) {
		log_write(log, LOG_LEVEL_DEBUG, target, "still down: %s", why);
		return false;
	}
	char outage[DURATION_TEXT_MAX];
	format_outage(report, now_ns, outage);
	log_write(log, LOG_LEVEL_WARNING, target, "still down after %s and %u attempts: %s", outage,
		report->attempts, why);
	report->remind_after_ns *= 2;
	if (report->remind_after_ns > LAST_REMINDER_NS)
		report->remind_after_ns = LAST_REMINDER_NS;
	report->remind_ns = now_ns + report->remind_after_ns;
	return false;
}
