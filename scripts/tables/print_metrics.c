/* SPDX-License-Identifier: MIT */
/*
 * Prints what documents say of the metrics: blocks of lines, each headed by "=== PATH BLOCK". PATH
 * is the document, relative to the sources' folder; BLOCK names the place in it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "collectd/list_types.h"

#define METRICS "docs/metrics.md"

/* Names of our metrics are marked as code. */
static void print_help(const char *help)
{
	const char *name;
	while ((name = strstr(help, METRIC_PREFIX "_"))) {
		int length = (int)strspn(name, "abcdefghijklmnopqrstuvwxyz_");
		printf("%.*s`%.*s`", (int)(name - help), help, length, name);
		help = name + length;
	}
	printf("%s", help);
}

static void print_label(const struct metric_label *label)
{
	printf(" `%s`:", label->name);
	for (unsigned k = 0; k < label->count; k++)
		printf("%s `%s`", k > 0 ? "," : "", label->value(k));
	printf(".");
}

static void print_seconds(int64_t ns)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "%.9f", (double)ns / (double)NS_PER_S);
	while (text[length - 1] == '0')
		text[--length] = '\0';
	printf("%s", text);
}

static void print_bounds(int64_t first_ns)
{
	printf(" Bounds: ");
	print_seconds(first_ns);
	printf(" to ");
	print_seconds(histogram_bound_ns(first_ns, HISTOGRAM_BOUNDS - 1));
	printf(", each twice the one before.");
}

static void print_row(const struct metric *metric)
{
	printf("| `%s%s` | %s | ", metric->name, metric_suffix(metric),
		metric_type_name(metric_text_type(metric)));
	print_help(metric->help);
	if (metric->label)
		print_label(metric->label);
	if (metric->value == VALUE_HISTOGRAM)
		print_bounds(metric->first_bound_ns);
	printf(" |\n");
}

/* A table of the metrics of one subject, or of two (else twice the same). */
static void print_metrics(
	const char *path, const char *block, enum metric_subject subject, enum metric_subject other)
{
	printf("=== %s %s\n", path, block);
	printf("| name | type | meaning |\n| --- | --- | --- |\n");
	for (size_t i = 0; i < metric_table_size; i++)
		if (metric_table[i].subject == subject || metric_table[i].subject == other)
			print_row(&metric_table[i]);
}

/* As a line of a types.db. */
static void print_type(void *context, const struct list_type *type)
{
	(void)context;
	printf("%s\t" LIST_SOURCE ":%s:0:", type->name, type->is_derive ? "DERIVE" : "GAUGE");
	if (isnan(type->max))
		printf("U\n");
	else
		printf("%g\n", type->max);
}

int main(void)
{
	print_metrics(METRICS, "target", METRIC_OF_TARGET, METRIC_OF_TARGET);
	print_metrics(METRICS, "process", METRIC_OF_PROCESS, METRIC_OF_PROBER);
	print_metrics(METRICS, "source", METRIC_OF_SOURCE, METRIC_OF_MESH);
	print_metrics(METRICS, "server", METRIC_OF_SERVER, METRIC_OF_SERVER);
	print_metrics("docs/collectd.md", "readings", METRIC_OF_READING, METRIC_OF_READING);
	printf("=== src/collectd/types.db types\n");
	list_types_each(print_type, NULL);
	return 0;
}
