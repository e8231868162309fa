/* SPDX-License-Identifier: MIT */
#include "engine/reload_report.h"

void reload_report_add(struct reload_report *report, enum reload_change change, const char *name)
{
	struct buffer *names = &report->of[change].names;
	size_t before = report->of[change].count++;
	if (before < RELOAD_NAMED_MAX)
		buffer_append_format(names, "%s%s", before > 0 ? ", " : "", name);
	else if (before == RELOAD_NAMED_MAX)
		buffer_append_text(names, ", ...");
}

void reload_report_append(const struct reload_report *report, struct buffer *text)
{
	static const char *const words[RELOAD_CHANGES] = {"new", "gone", "changed"};
	const char *comma = "";
	for (int i = 0; i < RELOAD_CHANGES; i++) {
		const struct buffer *names = &report->of[i].names;
		if (report->of[i].count == 0)
			continue;
		buffer_append_format(text, "%s%zu %s (%.*s)", comma, report->of[i].count, words[i],
			(int)names->length, names->data ? names->data : "");
		comma = ", ";
	}
	if (comma[0] == '\0')
		buffer_append_text(text, "nothing changed");
}

void reload_report_clear(struct reload_report *report)
{
	for (int i = 0; i < RELOAD_CHANGES; i++)
		buffer_clear(&report->of[i].names);
	*report = (struct reload_report){0};
}
