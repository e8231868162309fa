/* SPDX-License-Identifier: MIT */
#include "scrape/http_answer.h"

#include <string.h>
#include <time.h>

#define STATUS_NOT_MODIFIED 304

/* The statuses that are used here (RFC 9110 section 15, RFC 6585 section 5). */
static const struct {
	unsigned status;
	const char *phrase;
} phrases[] = {
	{200, "OK"},
	{STATUS_NOT_MODIFIED, "Not Modified"},
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{408, "Request Timeout"},
	{414, "URI Too Long"},
	{417, "Expectation Failed"},
	{431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"},
	{501, "Not Implemented"},
	{503, "Service Unavailable"},
	{505, "HTTP Version Not Supported"},
};

static const char *phrase_of(unsigned status)
{
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "";
}

void http_answer_write_text(struct http_answer *answer, unsigned status, const char *text)
{
	http_answer_clear(answer);
	answer->status = status;
	answer->content_type = "text/plain; charset=utf-8";
	buffer_append_text(&answer->body, text);
	buffer_append_text(&answer->body, "\n");
}

/* The value among others, or NULL. */
static const char *find_header(const struct labels *headers, const char *name)
{
	const char *value;
	const char *each = NULL;
	while (headers && (each = labels_next(headers, each, &value)))
		if (strcmp(each, name) == 0)
			return value;
	return NULL;
}

static void append_header(struct buffer *head, const char *name, const char *value)
{
	if (value)
		buffer_append_format(head, "%s: %s\r\n", name, value);
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7), in no locale's words. */
static void append_date(struct buffer *head, struct wall_time now)
{
	static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t seconds = (time_t)(now.unix_ns / NS_PER_S);
	struct tm utc = {0};
	gmtime_r(&seconds, &utc);
	buffer_append_format(head, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n",
		days[utc.tm_wday], utc.tm_mday, months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour,
		utc.tm_min, utc.tm_sec);
}

void http_answer_write_unchanged(struct http_answer *answer)
{
	buffer_clear(&answer->body);
	answer->status = STATUS_NOT_MODIFIED;
	answer->content_type = NULL;
	answer->is_compressed = false;
}

void http_answer_append_head(const struct http_answer *answer, bool keeps_connection,
	struct wall_time now, struct buffer *head)
{
	buffer_append_format(head, "HTTP/1.1 %u %s\r\n", answer->status, phrase_of(answer->status));
	append_date(head, now);
	append_header(head, "Content-Type", answer->content_type);
	if (!find_header(answer->headers, "X-Content-Type-Options"))
		append_header(head, "X-Content-Type-Options", "nosniff");
	if (!find_header(answer->headers, "Content-Security-Policy"))
		append_header(head, "Content-Security-Policy", answer->policy);
	const char *value;
	const char *name = NULL;
	while (answer->headers && (name = labels_next(answer->headers, name, &value)))
		append_header(head, name, value);
	append_header(head, "WWW-Authenticate", answer->challenge);
	append_header(head, "Allow", answer->allow);
	append_header(head, "Cache-Control", answer->caching);
	append_header(head, "ETag", answer->etag);
	append_header(head, "Vary", answer->is_negotiated ? "Accept, Accept-Encoding" : NULL);
	append_header(head, "Content-Encoding", answer->is_compressed ? "gzip" : NULL);
	/* HTTP/1.0 clients want to be told either. */
	append_header(head, "Connection", keeps_connection ? "keep-alive" : "close");
	/* RFC 9110 section 8.6: it would be that of the body that is left out. */
	if (answer->status != STATUS_NOT_MODIFIED)
		buffer_append_format(head, "Content-Length: %zu\r\n", answer->body.length);
	buffer_append_text(head, "\r\n");
}

void http_answer_clear(struct http_answer *answer)
{
	buffer_clear(&answer->body);
	*answer = (struct http_answer){0};
}
