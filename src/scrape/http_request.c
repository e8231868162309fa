/* SPDX-License-Identifier: MIT */
#include "scrape/http_request.h"

#include <string.h>
#include <strings.h>

#include "scrape/http_target.h"

/* What the header lines seen so far mean. */
struct headers {
	unsigned hosts;
	bool has_length;
	struct span length; /* Of the body, as text. */
	bool is_coded;	    /* There is a Transfer-Encoding. */
	bool is_chunked;    /* And its last one is "chunked". */
	bool closes;
	bool keeps;
};

struct reader {
	struct http_request *request;
	unsigned minor; /* Of the version: HTTP/1.minor. */
	struct headers headers;
};

static const struct http_refusal fine = {0, NULL};
static const struct http_refusal too_long_line = {414, "The request's first line is too long."};

static struct http_refusal refuse(unsigned status, const char *text)
{
	return (struct http_refusal){status, text};
}

/* RFC 9110 section 5.6.2. */
static bool is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(struct span span)
{
	for (size_t i = 0; i < span.length; i++)
		if (!is_token_char(span.start[i]))
			return false;
	return span.length > 0;
}

size_t http_empty_lines(const char *text, size_t length)
{
	size_t i = 0;
	while (i < length) {
		if (text[i] == '\n')
			i++;
		else if (text[i] == '\r' && i + 1 < length && text[i + 1] == '\n')
			i += 2;
		else
			break;
	}
	return i;
}

size_t http_head_length(const char *text, size_t length, size_t *searched)
{
	size_t at = *searched;
	while (at < length) {
		const char *end = memchr(text + at, '\n', length - at);
		if (!end)
			break;
		at = (size_t)(end - text) + 1;
		size_t next = at;
		if (next < length && text[next] == '\r')
			next++;
		if (next < length && text[next] == '\n')
			return next + 1;
		if (next == length) {
			/* What follows tells whether the head ends here. */
			*searched = at - 1;
			return 0;
		}
	}
	*searched = length;
	return 0;
}

struct http_refusal http_head_check(const char *text, size_t length)
{
	bool may_be_empty_line = length == 0 || (length == 1 && text[0] == '\r');
	if (!may_be_empty_line && !is_token_char(text[0]))
		return refuse(400, "The request does not begin with a method.");
	if (length >= HTTP_LINE_MAX && !memchr(text, '\n', HTTP_LINE_MAX))
		return too_long_line;
	if (length >= HTTP_HEAD_MAX)
		return refuse(431, "The request's headers are too long.");
	return fine;
}

/* "HTTP/1.1" */
static struct http_refusal read_version(struct span version, unsigned *minor)
{
	const char *at = version.start;
	if (version.length != strlen("HTTP/1.1") || memcmp(at, "HTTP/", 5) != 0 || at[5] < '0' ||
		at[5] > '9' || at[6] != '.' || at[7] < '0' || at[7] > '9')
		return refuse(400, "The request's first line is malformed.");
	if (at[5] != '1')
		return refuse(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
	*minor = (unsigned)(at[7] - '0');
	return fine;
}

static struct http_refusal read_method(struct span method, enum http_method *result)
{
	static const char *const others[] = {
		"PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"};
	if (!is_token(method))
		return refuse(400, "The request's method is malformed.");
	*result = HTTP_METHOD_OTHER;
	if (span_is_exactly(method, "GET")) {
		*result = HTTP_METHOD_GET;
		return fine;
	}
	if (span_is_exactly(method, "HEAD")) {
		*result = HTTP_METHOD_HEAD;
		return fine;
	}
	if (span_is_exactly(method, "POST")) {
		*result = HTTP_METHOD_POST;
		return fine;
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (span_is_exactly(method, others[i]))
			return fine;
	return refuse(501, "The request's method is unknown.");
}

/* method: which one goes with which form of target. */
static struct http_refusal read_target(
	struct span method, char *text, size_t length, struct http_request *request)
{
	static const struct http_refusal invalid = {400, "The request's target is malformed."};
	switch (http_target_read(text, length, &request->path, &request->query)) {
	case HTTP_TARGET_PATH:
		return span_is_exactly(method, "CONNECT") ? invalid : fine;
	case HTTP_TARGET_ASTERISK:
		return span_is_exactly(method, "OPTIONS") ? fine : invalid;
	case HTTP_TARGET_AUTHORITY:
		return span_is_exactly(method, "CONNECT") ? fine : invalid;
	case HTTP_TARGET_INVALID:
		return invalid;
	}
	__builtin_unreachable();
}

/* line: "GET /metrics HTTP/1.1", and one byte more that may be overwritten. */
static struct http_refusal read_first_line(struct reader *reader, char *line, size_t length)
{
	static const struct http_refusal malformed = {
		400, "The request's first line is malformed."};
	char *target = memchr(line, ' ', length);
	if (!target)
		return malformed;
	struct span method = {line, (size_t)(target - line)};
	target++;
	size_t rest = length - method.length - 1;
	char *version = memchr(target, ' ', rest);
	if (!version)
		return malformed;
	size_t target_length = (size_t)(version - target);
	version++;
	struct http_refusal refusal =
		read_version((struct span){version, rest - target_length - 1}, &reader->minor);
	if (refusal.status == 0)
		refusal = read_method(method, &reader->request->method);
	if (refusal.status == 0)
		refusal = read_target(method, target, target_length, reader->request);
	return refusal;
}

static bool is_digits(struct span span)
{
	for (size_t i = 0; i < span.length; i++)
		if (span.start[i] < '0' || span.start[i] > '9')
			return false;
	return span.length > 0;
}

static bool span_equals(struct span a, struct span b)
{
	return a.length == b.length && memcmp(a.start, b.start, a.length) == 0;
}

/* The same length several times is one; different ones hide a second request (RFC 9112 6.3). */
static struct http_refusal read_content_length(struct headers *headers, struct span list)
{
	struct span length;
	while (span_next_element(&list, &length)) {
		if (!is_digits(length))
			return refuse(400, "The request's Content-Length is malformed.");
		if (headers->has_length && !span_equals(headers->length, length))
			return refuse(400, "The request has several values of Content-Length.");
		headers->has_length = true;
		headers->length = length;
	}
	if (!headers->has_length)
		return refuse(400, "The request's Content-Length is malformed.");
	return fine;
}

static struct http_refusal read_transfer_encoding(struct headers *headers, struct span list)
{
	struct span coding;
	headers->is_coded = true;
	while (span_next_element(&list, &coding)) {
		if (headers->is_chunked)
			return refuse(400, "The request's Transfer-Encoding is malformed.");
		headers->is_chunked = span_is(coding, "chunked");
		if (!headers->is_chunked)
			return refuse(501, "The request's Transfer-Encoding is unknown.");
	}
	return fine;
}

static void read_connection(struct headers *headers, struct span list)
{
	struct span option;
	while (span_next_element(&list, &option)) {
		headers->closes = headers->closes || span_is(option, "close");
		headers->keeps = headers->keeps || span_is(option, "keep-alive");
	}
}

static struct http_refusal read_header(struct reader *reader, struct span name, struct span value)
{
	struct headers *headers = &reader->headers;
	if (span_is(name, "Accept")) {
		negotiation_read_accept(&reader->request->wishes, value);
	} else if (span_is(name, "Accept-Encoding")) {
		negotiation_read_accept_encoding(&reader->request->wishes, value);
	} else if (span_is(name, "Authorization")) {
		if (reader->request->authorization.length > 0)
			return refuse(400, "The request has more than one Authorization.");
		reader->request->authorization = value;
	} else if (span_is(name, "If-None-Match")) {
		reader->request->none_match = value;
	} else if (span_is(name, "Connection")) {
		read_connection(headers, value);
	} else if (span_is(name, "Host")) {
		if (!http_authority_is_valid(value.start, value.length))
			return refuse(400, "The request's Host is malformed.");
		headers->hosts++;
	} else if (span_is(name, "Content-Length")) {
		return read_content_length(headers, value);
	} else if (span_is(name, "Transfer-Encoding")) {
		return read_transfer_encoding(headers, value);
	} else if (span_is(name, "Expect")) {
		if (!span_is(value, "100-continue"))
			return refuse(417, "Only 100-continue may be expected.");
	}
	return fine;
}

static bool has_control_characters(struct span span)
{
	for (size_t i = 0; i < span.length; i++) {
		unsigned char c = (unsigned char)span.start[i];
		if ((c < ' ' && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

/* A line that begins with a space would continue the one before, which RFC 9112 5.2 forbids. */
static struct http_refusal read_header_line(struct reader *reader, struct span line)
{
	const char *colon = memchr(line.start, ':', line.length);
	struct span name = {line.start, colon ? (size_t)(colon - line.start) : 0};
	if (!is_token(name))
		return refuse(400, "A line of the request's headers is malformed.");
	struct span value = span_trimmed(colon + 1, line.start + line.length);
	if (has_control_characters(value))
		return refuse(400, "A line of the request's headers has control characters.");
	return read_header(reader, name, value);
}

/* What the header lines mean together. */
static struct http_refusal settle(struct reader *reader)
{
	const struct headers *headers = &reader->headers;
	if (headers->hosts > 1)
		return refuse(400, "The request has more than one Host.");
	if (headers->hosts == 0 && reader->minor > 0)
		return refuse(400, "The request has no Host.");
	if (headers->is_coded &&
		(!headers->is_chunked || headers->has_length || reader->minor == 0))
		return refuse(400, "It is not clear where the request ends.");
	/* What belongs to a body is never read as the next request: the connection ends first. */
	bool has_body = headers->is_coded;
	for (size_t i = 0; headers->has_length && i < headers->length.length; i++)
		has_body = has_body || headers->length.start[i] != '0';
	bool keeps = reader->minor > 0 || headers->keeps;
	reader->request->keeps_connection = keeps && !headers->closes && !has_body;
	return fine;
}

/* Takes the next line off the head, without its end; an empty one at the end of the head. */
static struct span next_line(char **at, char *end)
{
	char *start = *at;
	char *line_end = memchr(start, '\n', (size_t)(end - start));
	*at = line_end ? line_end + 1 : end;
	if (!line_end)
		line_end = end;
	if (line_end > start && line_end[-1] == '\r')
		line_end--;
	return (struct span){start, (size_t)(line_end - start)};
}

struct http_refusal http_request_read(char *head, size_t length, struct http_request *request)
{
	struct reader reader = {.request = request};
	*request = (struct http_request){
		.query = "",
		.wishes = NEGOTIATION_NOTHING,
		.authorization = {"", 0},
		.none_match = {"", 0},
	};
	char *at = head;
	struct span line = next_line(&at, head + length);
	if (line.length >= HTTP_LINE_MAX)
		return too_long_line;
	struct http_refusal refusal = read_first_line(&reader, head, line.length);
	while (refusal.status == 0) {
		line = next_line(&at, head + length);
		if (line.length == 0)
			return settle(&reader);
		refusal = read_header_line(&reader, line);
	}
	return refusal;
}
