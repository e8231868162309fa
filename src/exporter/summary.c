/* SPDX-License-Identifier: MIT */
#include "exporter/summary.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "measure/period_values.h"

#define COLUMNS 9
#define CELL_MAX 136

/* How many columns a text takes: its characters, which are valid UTF-8. */
static size_t width_of(const char *text)
{
	size_t width = 0;
	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static void format_count(char *cell, uint64_t count)
{
	snprintf(cell, CELL_MAX, "%" PRIu64, count);
}

/* In milliseconds, with three digits that count. */
static void format_time(char *cell, double seconds)
{
	double ms = seconds * 1000;
	int decimals = 3;
	if (isnan(seconds)) {
		snprintf(cell, CELL_MAX, "-");
		return;
	}
	for (double limit = 0.1; decimals > 0 && ms >= limit * 9.995; limit *= 10)
		decimals--;
	snprintf(cell, CELL_MAX, "%.*f ms", decimals, ms);
}

static void format_loss(char *cell, double percent)
{
	if (isnan(percent))
		snprintf(cell, CELL_MAX, "-");
	else
		/* A loss never reads as none. */
		snprintf(cell, CELL_MAX, "%.*f %%", percent > 0 && percent < 99.95 ? 2 : 0,
			percent > 0 && percent < 0.01 ? 0.01 : percent);
}

static void fill_row(const struct target_snapshot *target, char cells[COLUMNS][CELL_MAX])
{
	struct period_values period;
	period_values_make(NULL, target, &period);
	snprintf(cells[0], CELL_MAX, "%s", target->name);
	format_count(cells[1], target->values.sent);
	format_count(cells[2], target->values.received);
	format_count(cells[3], target->values.late);
	format_loss(cells[4], period.loss_percent);
	format_time(cells[5], period.rtt_min);
	format_time(cells[6], period.rtt_median);
	format_time(cells[7], period.rtt_p99);
	format_time(cells[8], period.rtt_max);
}

void summary_append(const struct snapshot *snapshot, struct buffer *buffer)
{
	static const char *const heads[COLUMNS] = {
		"target", "sent", "received", "late", "loss", "min", "median", "p99", "max"};
	char cells[1 + SUMMARY_TARGETS_MAX][COLUMNS][CELL_MAX];
	size_t widths[COLUMNS] = {0};
	if (snapshot->target_count == 0 || snapshot->target_count > SUMMARY_TARGETS_MAX)
		return;
	for (int k = 0; k < COLUMNS; k++)
		snprintf(cells[0][k], CELL_MAX, "%s", heads[k]);
	for (size_t i = 0; i < snapshot->target_count; i++)
		fill_row(&snapshot->targets[i], cells[1 + i]);
	for (size_t i = 0; i <= snapshot->target_count; i++)
		for (int k = 0; k < COLUMNS; k++)
			if (width_of(cells[i][k]) > widths[k])
				widths[k] = width_of(cells[i][k]);
	for (size_t i = 0; i <= snapshot->target_count; i++) {
		for (int k = 0; k < COLUMNS; k++) {
			int padding = (int)(widths[k] - width_of(cells[i][k]));
			if (k == 0)
				buffer_append_format(buffer, "%s%*s", cells[i][k], padding, "");
			else
				buffer_append_format(buffer, "  %*s%s", padding, "", cells[i][k]);
		}
		buffer_append_text(buffer, "\n");
	}
}
