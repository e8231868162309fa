/* SPDX-License-Identifier: MIT */
#include "discover/fetch_http.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/file_text.h"
#include "config/targets_file.h"

/* Of a token or a password; file_text_read() counts in MiB. */
#define SECRET_MAX ((size_t)1024 * 1024)

#define REDIRECTS_MAX 5L

/* One request. */
struct request {
	const struct fetch *fetch;
	CURL *easy;
	CURLM *multi;
	struct curl_slist *headers;
	struct buffer body;
	bool is_too_large;
	/* With a NUL; empty where there is none. */
	struct buffer token;
	struct buffer password;
	char why[CURL_ERROR_SIZE];
};

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

/* Never undone: others in this process may use the library, too. */
static void init_library(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

bool fetch_has_http(void)
{
	pthread_once(&library_once, init_library);
	return true;
}

void fetch_http_append_library(struct buffer *buffer)
{
	buffer_append_format(buffer, ", libcurl %s", curl_version_info(CURLVERSION_NOW)->version);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
	struct request *request = context;
	if (request->body.length + size * count > TARGETS_FILE_MAX) {
		request->is_too_large = true;
		return 0;
	}
	buffer_append(&request->body, bytes, size * count);
	return request->body.failed ? 0 : size * count;
}

/* Reads what a file has in its first line. path: NULL for none. */
static int read_secret(const char *path, struct buffer *secret, struct text_error *error)
{
	int result = path ? file_text_read(path, SECRET_MAX, secret, error) : 0;
	if (path && result == 0)
		secret->data[strcspn(secret->data, "\r\n")] = '\0';
	return result;
}

static void add_header(struct request *request, const char *header)
{
	struct curl_slist *more = curl_slist_append(request->headers, header);
	if (more)
		request->headers = more;
}

static void set_headers(struct request *request)
{
	char refresh[80];
	/* As Prometheus tells servers: so they can be a cache for that long. */
	snprintf(refresh, sizeof(refresh), "X-Prometheus-Refresh-Interval-Seconds: %.3f",
		(double)request->fetch->settings->refresh_ns / (double)NS_PER_S);
	add_header(request, "Accept: application/json");
	add_header(request, refresh);
	curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER, request->headers);
}

/* is_safe: the source is one of HTTPS, which is not left. */
static void set_protocols(CURL *easy, bool is_safe)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, is_safe ? "https" : "http,https");
#else
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
	curl_easy_setopt(
		easy, CURLOPT_REDIR_PROTOCOLS, (is_safe ? 0 : CURLPROTO_HTTP) | CURLPROTO_HTTPS);
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Ending does not wait for a name server. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, REDIRECTS_MAX);
}

/* Whom to believe, and who this program is. */
static void set_identity(struct request *request)
{
	char *const *texts = request->fetch->settings->texts;
	CURL *easy = request->easy;
	if (texts[DISCOVERY_CA_FILE])
		curl_easy_setopt(easy, CURLOPT_CAINFO, texts[DISCOVERY_CA_FILE]);
	if (texts[DISCOVERY_CERT_FILE]) {
		curl_easy_setopt(easy, CURLOPT_SSLCERT, texts[DISCOVERY_CERT_FILE]);
		curl_easy_setopt(easy, CURLOPT_SSLKEY, texts[DISCOVERY_KEY_FILE]);
	}
	/* Neither goes to another host that it is sent to. */
	if (texts[DISCOVERY_TOKEN_FILE]) {
		curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, request->token.data);
	}
	if (texts[DISCOVERY_USER]) {
		curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(easy, CURLOPT_USERNAME, texts[DISCOVERY_USER]);
		curl_easy_setopt(easy, CURLOPT_PASSWORD, request->password.data);
	}
}

static int prepare(struct request *request, struct text_error *error)
{
	const struct discovery_settings *settings = request->fetch->settings;
	int result = read_secret(settings->texts[DISCOVERY_TOKEN_FILE], &request->token, error);
	if (result == 0)
		result = read_secret(
			settings->texts[DISCOVERY_PASSWORD_FILE], &request->password, error);
	if (result != 0)
		return result;
	request->easy = curl_easy_init();
	request->multi = curl_multi_init();
	if (!request->easy || !request->multi) {
		text_error_set(error, 0, "out of memory");
		return -ENOMEM;
	}
	CURL *easy = request->easy;
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_URL, request->fetch->source->text);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(settings->timeout_ns / NS_PER_MS));
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->why);
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "tcp-echo-metrics");
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
	set_protocols(easy, strncasecmp(request->fetch->source->text, "https:", 6) == 0);
	set_headers(request);
	set_identity(request);
	return 0;
}

/* Where the library tells how long it took, each time would be told as another fault. */
static const char *describe(const struct request *request, CURLcode code)
{
	bool is_timed = code == CURLE_OPERATION_TIMEDOUT || code == CURLE_COULDNT_CONNECT;
	return is_timed || request->why[0] == '\0' ? curl_easy_strerror(code) : request->why;
}

/* The library does not say which file of authorities it cannot read: the one given, or the system's own. */
static void tell_authorities(struct request *request, struct text_error *error)
{
	const char *file = request->fetch->settings->texts[DISCOVERY_CA_FILE];
#if LIBCURL_VERSION_NUM >= 0x075400
	if (!file)
		curl_easy_getinfo(request->easy, CURLINFO_CAINFO, &file);
#endif
	text_error_set(error, 0, "%s: certificates cannot be read",
		file ? file : "the system's authorities");
}

static int refuse(struct request *request, CURLcode code, struct text_error *error)
{
	if (atomic_load(request->fetch->is_over))
		text_error_set(error, 0, "no longer wanted");
	else if (request->is_too_large)
		text_error_set(error, 0, "the answer is larger than 64 MiB");
	else if (request->body.failed)
		text_error_set(error, 0, "out of memory");
	else if (code == CURLE_SSL_CACERT_BADFILE)
		tell_authorities(request, error);
	else
		text_error_set(error, 0, "%s", describe(request, code));
	return -EIO;
}

/* Returns 0 once it is answered, or a negative errno with error. */
static int carry_out(struct request *request, struct text_error *error)
{
	int running = 1;
	curl_multi_add_handle(request->multi, request->easy);
	while (running > 0 && !atomic_load(request->fetch->is_over)) {
		if (curl_multi_perform(request->multi, &running) != CURLM_OK)
			break;
		if (running > 0)
			curl_multi_poll(request->multi, NULL, 0, FETCH_STEP_MS, NULL);
	}
	int left;
	CURLMsg *message = curl_multi_info_read(request->multi, &left);
	CURLcode code = message && message->msg == CURLMSG_DONE ? message->data.result
								: CURLE_OPERATION_TIMEDOUT;
	curl_multi_remove_handle(request->multi, request->easy);
	if (code != CURLE_OK || request->body.failed)
		return refuse(request, code, error);
	long status = 0;
	curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200)
		return 0;
	text_error_set(error, 0, "answered with HTTP status %ld", status);
	return -EPROTO;
}

/* Reads what was answered. */
static int read_body(struct request *request, struct target_list *targets, struct text_error *error)
{
	struct text_error wrong;
	int result = targets_file_parse(request->body.data ? request->body.data : "",
		request->body.length, request->fetch->defaults, targets, &wrong);
	if (result == 0)
		return 0;
	if (wrong.line > 0)
		text_error_set(error, wrong.line, "line %d: %s", wrong.line, wrong.reason);
	else
		text_error_set(error, 0, "the answer %s", wrong.reason);
	return result;
}

int fetch_http(const struct fetch *fetch, struct fetched *fetched, struct text_error *error)
{
	struct request request = {.fetch = fetch};
	struct target_list targets = {0};
	pthread_once(&library_once, init_library);
	int result = prepare(&request, error);
	if (result == 0)
		result = carry_out(&request, error);
	if (result == 0)
		result = read_body(&request, &targets, error);
	if (result == 0)
		*fetched = (struct fetched){.targets = targets};
	curl_easy_cleanup(request.easy);
	curl_multi_cleanup(request.multi);
	curl_slist_free_all(request.headers);
	buffer_clear(&request.body);
	buffer_clear(&request.token);
	buffer_clear(&request.password);
	return result;
}
