/* SPDX-License-Identifier: MIT */
#include "scrape/http_target.h"

#include <string.h>
#include <strings.h>

#define PORT_MAX 65535
/* Longer ones have leading zeros. */
#define PORT_DIGITS_MAX 5

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 3986 section 2.3. */
static bool is_unreserved(char c)
{
	return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/* RFC 3986 section 2.2. */
static bool is_sub_delimiter(char c)
{
	return c != '\0' && strchr("!$&'()*+,;=", c) != NULL;
}

int http_escaped_byte(const char *text, size_t length)
{
	if (length < 3 || text[0] != '%')
		return -1;
	int high = hex_value(text[1]);
	int low = hex_value(text[2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool is_port(const char *text, size_t length)
{
	unsigned port = 0;
	if (length > PORT_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!is_digit(text[i]))
			return false;
		port = port * 10 + (unsigned)(text[i] - '0');
	}
	return port <= PORT_MAX;
}

/* "[::1]", "[v7.x]": RFC 3986 section 3.2.2. Returns its length with the brackets, or 0. */
static size_t ip_literal_length(const char *text, size_t length)
{
	for (size_t i = 1; i < length; i++) {
		if (text[i] == ']')
			return i > 1 ? i + 1 : 0;
		if (!is_unreserved(text[i]) && !is_sub_delimiter(text[i]) && text[i] != ':')
			return 0;
	}
	return 0;
}

/* How many bytes of text can be a name or an IPv4 address. */
static size_t name_length(const char *text, size_t length)
{
	size_t i = 0;
	while (i < length) {
		if (is_unreserved(text[i]) || is_sub_delimiter(text[i]))
			i++;
		else if (http_escaped_byte(text + i, length - i) > 0)
			i += 3;
		else
			break;
	}
	return i;
}

bool http_authority_is_valid(const char *text, size_t length)
{
	if (length == 0)
		return true;
	size_t host = 0;
	if (text[0] == '[') {
		host = ip_literal_length(text, length);
		if (host == 0)
			return false;
	} else {
		host = name_length(text, length);
	}
	if (host == length)
		return true;
	return text[host] == ':' && is_port(text + host + 1, length - host - 1);
}

/* Whether the path, up to the query, can be a path; makes it comparable. */
static bool normalize(char *path, size_t length)
{
	char *end = path;
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)path[i];
		if (byte <= ' ' || byte == 0x7f || byte == '#')
			return false;
		if (byte != '%') {
			*end++ = path[i];
			continue;
		}
		int escaped = http_escaped_byte(path + i, length - i);
		if (escaped <= 0)
			return false;
		if (is_unreserved((char)escaped)) {
			*end++ = (char)escaped;
		} else {
			static const char digits[] = "0123456789ABCDEF";
			*end++ = '%';
			*end++ = digits[escaped / 16];
			*end++ = digits[escaped % 16];
		}
		i += 2;
	}
	*end = '\0';
	return true;
}

static bool query_is_valid(const char *query, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)query[i] <= ' ' || query[i] == 0x7f || query[i] == '#')
			return false;
	return true;
}

/* text: a path, or empty, with or without a query. */
static enum http_target read_path(char *text, size_t length, const char **path, const char **query)
{
	const char *mark = memchr(text, '?', length);
	size_t path_length = mark ? (size_t)(mark - text) : length;
	if (!query_is_valid(text + path_length, length - path_length))
		return HTTP_TARGET_INVALID;
	if (path_length > 0 && !normalize(text, path_length))
		return HTTP_TARGET_INVALID;
	text[length] = '\0';
	*query = mark ? mark + 1 : text + length;
	*path = path_length > 0 ? text : "/";
	return HTTP_TARGET_PATH;
}

/* The bytes up to where the authority begins, or 0 if this is not an absolute form. */
static size_t scheme_length(const char *text, size_t length)
{
	static const char *const schemes[] = {"http://", "https://"};
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (length >= strlen(schemes[i]) &&
			strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
			return strlen(schemes[i]);
	return 0;
}

enum http_target http_target_read(char *text, size_t length, const char **path, const char **query)
{
	if (length == 1 && text[0] == '*')
		return HTTP_TARGET_ASTERISK;
	if (length > 0 && text[0] == '/')
		return read_path(text, length, path, query);
	size_t scheme = scheme_length(text, length);
	if (scheme == 0)
		return length > 0 && memchr(text, ':', length) &&
				       http_authority_is_valid(text, length)
			       ? HTTP_TARGET_AUTHORITY
			       : HTTP_TARGET_INVALID;
	size_t host = scheme;
	while (host < length && text[host] != '/' && text[host] != '?')
		host++;
	/* Section 4.2.1 of RFC 9110: here the host may not be empty. */
	bool has_host = host > scheme && text[scheme] != ':';
	if (!has_host || !http_authority_is_valid(text + scheme, host - scheme))
		return HTTP_TARGET_INVALID;
	return read_path(text + host, length - host, path, query);
}
