/* SPDX-License-Identifier: MIT */
#include "scrape/negotiation.h"

#include <string.h>

#include "../unit.h"

#define OPENMETRICS "application/openmetrics-text"
#define PROTOBUF                                                                                   \
	"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"                 \
	"encoding=delimited"

static const struct {
	const char *says;
	const char *accept;
	enum exposition_format format;
} formats[] = {
	{"no header", NULL, EXPOSITION_TEXT},
	{"empty", "", EXPOSITION_TEXT},
	{"anything", "*/*", EXPOSITION_TEXT},
	{"a browser", "text/html,application/xhtml+xml,*/*;q=0.8", EXPOSITION_TEXT},
	{"Prometheus 2",
		OPENMETRICS ";version=1.0.0," OPENMETRICS ";version=0.0.1;q=0.75,"
			    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		EXPOSITION_OPENMETRICS},
	{"Prometheus 3",
		OPENMETRICS
		";version=1.0.0;escaping=allow-utf-8;q=0.6," OPENMETRICS
		";version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
		"text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
		EXPOSITION_OPENMETRICS},
	{"Prometheus 2 that wants native histograms",
		PROTOBUF "," OPENMETRICS ";version=1.0.0;q=0.8," OPENMETRICS
			 ";version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		EXPOSITION_PROTOBUF},
	{"Prometheus 3 that wants them",
		PROTOBUF ";q=0.6," OPENMETRICS
			 ";version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.2,"
			 "*/*;q=0.1",
		EXPOSITION_PROTOBUF},
	{"protobuf with the same weight", OPENMETRICS "," PROTOBUF, EXPOSITION_PROTOBUF},
	{"protobuf with less", OPENMETRICS ";q=0.7," PROTOBUF ";q=0.6", EXPOSITION_OPENMETRICS},
	{"protobuf with less than the text format", "text/plain," PROTOBUF ";q=0.9",
		EXPOSITION_TEXT},
	{"protobuf refused", PROTOBUF ";q=0", EXPOSITION_TEXT},
	{"protobuf of another message",
		"application/vnd.google.protobuf;proto=a.B;encoding=delimited", EXPOSITION_TEXT},
	{"protobuf as text",
		"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
		"encoding=text",
		EXPOSITION_TEXT},
	{"protobuf of no encoding",
		"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily",
		EXPOSITION_TEXT},
	{"without a version", OPENMETRICS, EXPOSITION_OPENMETRICS},
	{"only an older version", OPENMETRICS ";version=0.0.1", EXPOSITION_TEXT},
	{"only a newer version", OPENMETRICS ";version=2.0.0", EXPOSITION_TEXT},
	{"version in quotes", OPENMETRICS "; version=\"1.0.0\"", EXPOSITION_OPENMETRICS},
	{"any case, any spacing", " Application/OpenMetrics-Text ; Version = 1.0.0 ; Q = 0.5 ",
		EXPOSITION_OPENMETRICS},
	{"refused", OPENMETRICS ";q=0", EXPOSITION_TEXT},
	{"refused in three decimals", OPENMETRICS ";q=0.000", EXPOSITION_TEXT},
	{"the text format weighs more", OPENMETRICS ";q=0.4,text/plain;q=0.5", EXPOSITION_TEXT},
	{"both weigh the same", "text/plain;q=0.5," OPENMETRICS ";q=0.5", EXPOSITION_OPENMETRICS},
	{"less by a thousandth", OPENMETRICS ";q=0.499,text/plain;q=0.5", EXPOSITION_TEXT},
	{"any text weighs more", OPENMETRICS ";q=0.4,text/*;q=0.5", EXPOSITION_TEXT},
	{"anything weighs more", OPENMETRICS ";q=0.4,*/*;q=0.5", EXPOSITION_TEXT},
	{"the text format by name counts, not the wildcard",
		OPENMETRICS ";q=0.4,text/plain;q=0.3,*/*;q=0.9", EXPOSITION_OPENMETRICS},
	{"any text counts, not the wildcard", OPENMETRICS ";q=0.4,text/*;q=0.3,*/*;q=0.9",
		EXPOSITION_OPENMETRICS},
	{"text of another version does not count",
		OPENMETRICS ";q=0.4,text/plain;version=1.0.0;q=0.9", EXPOSITION_OPENMETRICS},
	{"a malformed weight", OPENMETRICS ";q=high", EXPOSITION_TEXT},
	{"a weight above 1", OPENMETRICS ";q=1.001", EXPOSITION_TEXT},
	{"a weight of 2", OPENMETRICS ";q=2", EXPOSITION_TEXT},
	{"a negative weight", OPENMETRICS ";q=-1", EXPOSITION_TEXT},
	{"a weight of too many decimals", OPENMETRICS ";q=0.5000", EXPOSITION_TEXT},
	{"an empty weight", OPENMETRICS ";q=", EXPOSITION_TEXT},
	{"a weight without decimals after its point", OPENMETRICS ";q=1.", EXPOSITION_OPENMETRICS},
	{"empty elements", ",,;,;;," OPENMETRICS ";;,", EXPOSITION_OPENMETRICS},
	{"a comma in quotes", "a/b;c=\"x," OPENMETRICS "\"", EXPOSITION_TEXT},
	{"an escaped quote", "a/b;c=\"\\\"," OPENMETRICS ";d=\"", EXPOSITION_TEXT},
	{"an unclosed quote", "a/b;c=\"," OPENMETRICS, EXPOSITION_TEXT},
	{"an escape at the end", "a/b;c=\"\\", EXPOSITION_TEXT},
	{"named in the second line", "text/html\n" OPENMETRICS, EXPOSITION_OPENMETRICS},
	{"the second line weighs more", OPENMETRICS ";q=0.4\ntext/plain;q=0.5", EXPOSITION_TEXT},
	{"the first line weighs more", "text/plain;q=0.5\n" OPENMETRICS ";q=0.4", EXPOSITION_TEXT},
	{"three lines, one of them empty", "a/b\n\n" OPENMETRICS, EXPOSITION_OPENMETRICS},
	{"a longer name", OPENMETRICS "s", EXPOSITION_TEXT},
	{"a shorter name", "application/openmetrics", EXPOSITION_TEXT},
};

static const struct {
	const char *says;
	const char *accept_encoding;
	bool gzip;
} encodings[] = {
	{"no header", NULL, false},
	{"empty", "", false},
	{"gzip", "gzip", true},
	{"its old name", "x-gzip", true},
	{"upper case", "GZIP", true},
	{"in a list", "deflate, gzip, br", true},
	{"others alone", "deflate, br", false},
	{"refused", "gzip;q=0", false},
	{"refused with decimals", "gzip; q=0.0", false},
	{"with little weight", "gzip;q=0.001", true},
	{"anything", "*", true},
	{"anything but gzip", "*, gzip;q=0", false},
	{"nothing at all", "*;q=0", false},
	{"gzip and nothing else", "gzip, *;q=0", true},
	{"plain text preferred", "identity, gzip;q=0.5", false},
	{"gzip rather", "identity;q=0.5, gzip", true},
	{"no plain text", "identity;q=0, gzip;q=0.1", true},
	{"only plain text", "identity", false},
	{"in the second line", "deflate\ngzip", true},
	{"refused in the second line alone", "*\ngzip;q=0", false},
	{"plain text preferred in another line", "gzip;q=0.5\nidentity", false},
	{"malformed weight", "gzip;q=x", false},
	{"part of another word", "gzipped", false},
};

/* "\n" separates the header lines that carry it. */
static void read_lines(struct negotiation *wishes, const char *lines,
	void (*read)(struct negotiation *wishes, struct span list))
{
	*wishes = NEGOTIATION_NOTHING;
	while (lines) {
		size_t length = strcspn(lines, "\n");
		read(wishes, (struct span){lines, length});
		lines = lines[length] != '\0' ? lines + length + 1 : NULL;
	}
}

START_TEST(finds_the_preferred_format)
{
	struct negotiation wishes;
	read_lines(&wishes, formats[_i].accept, negotiation_read_accept);
	ck_assert_msg(negotiation_format(&wishes) == formats[_i].format, "%s", formats[_i].says);
}
END_TEST

START_TEST(finds_whether_gzip_is_accepted)
{
	struct negotiation wishes;
	read_lines(&wishes, encodings[_i].accept_encoding, negotiation_read_accept_encoding);
	ck_assert_msg(
		negotiation_takes_gzip(&wishes) == encodings[_i].gzip, "%s", encodings[_i].says);
}
END_TEST

static const struct {
	const char *says;
	const char *list;
	bool has;
} versions[] = {
	{"no header", "", false},
	{"the version", "W/\"1-a\"", true},
	{"taken for a strong one", "\"1-a\"", true},
	{"among others", "\"x\", W/\"1-a\", W/\"y\"", true},
	{"any", "*", true},
	{"another", "W/\"1-b\"", false},
	{"a longer one", "W/\"1-aa\"", false},
	{"without quotes", "1-a", false},
	{"in a lower case w", "w/\"1-a\"", false},
	{"half a one", "W/", false},
	{"one with a comma", "\"a,W/\\\"1-a\"", false},
	{"an open quote", "\"", false},
};

START_TEST(knows_a_version_that_the_client_has)
{
	struct span list = {versions[_i].list, strlen(versions[_i].list)};
	ck_assert_msg(negotiation_has_version(list, "W/\"1-a\"") == versions[_i].has, "%s",
		versions[_i].says);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("negotiation");
	tcase_add_loop_test(tcase, finds_the_preferred_format, 0, ROWS(formats));
	tcase_add_loop_test(tcase, finds_whether_gzip_is_accepted, 0, ROWS(encodings));
	tcase_add_loop_test(tcase, knows_a_version_that_the_client_has, 0, ROWS(versions));
	return unit_run("scrape/negotiation", tcase);
}
