/* SPDX-License-Identifier: MIT */
#include "web/web_config.h"

#include <errno.h>
#include <string.h>

#include "../unit.h"

#define HASH "$2y$10$abcdefghijklmnopqrstuuPWRtT5yx7FBi4dcf6ROhboeNunUrLQ."

static struct web_config config;
static struct text_error error;

static void tear_down(void)
{
	web_config_clear(&config);
}

static int parse(const char *text)
{
	return web_config_parse(text, strlen(text), "/etc/web.yml", &config, &error);
}

static const char *find(const struct labels *labels, const char *wanted)
{
	const char *value;
	const char *name = NULL;
	while ((name = labels_next(labels, name, &value)))
		if (strcmp(name, wanted) == 0)
			return value;
	return NULL;
}

START_TEST(takes_everything_together)
{
	ck_assert_msg(parse("# A comment.\n"
			    "tls_server_config:\n"
			    "  cert: |\n"
			    "    certificate\n"
			    "  key: \"private\\nkey\"\n"
			    "  client_ca: authorities\n"
			    "  client_auth_type: VerifyClientCertIfGiven\n"
			    "  client_allowed_sans:\n"
			    "    - a.example\n"
			    "    - 'b.example'\n"
			    "  min_version: TLS13\n"
			    "  curve_preferences: [X25519, CurveP256]\n"
			    "  prefer_server_cipher_suites: False\n"
			    "http_server_config: {http2: no, headers: {X-Frame-Options: deny}}\n"
			    "basic_auth_users:\n"
			    "  alice: " HASH "\n"
			    "  \"b\\u00f6b\": '" HASH "'\n") == 0,
		"%s", error.reason);
	ck_assert(config.has_tls);
	ck_assert_str_eq(config.pem[WEB_CERTIFICATE].data, "certificate\n");
	ck_assert_str_eq(config.pem[WEB_KEY].data, "private\nkey");
	ck_assert_str_eq(config.pem[WEB_CLIENT_CA].data, "authorities");
	ck_assert_ptr_null(config.files[WEB_KEY]);
	ck_assert_int_eq(config.client_auth, WEB_CLIENT_VERIFY_IF_GIVEN);
	ck_assert_ptr_nonnull(find(&config.client_names, "b.example"));
	ck_assert_int_eq(config.min_version, WEB_TLS_13);
	ck_assert_int_eq(config.max_version, WEB_TLS_13);
	ck_assert(config.lets_client_choose);
	ck_assert_uint_eq(config.groups.length, strlen(":+GROUP-X25519:+GROUP-SECP256R1"));
	ck_assert_mem_eq(
		config.groups.data, ":+GROUP-X25519:+GROUP-SECP256R1", config.groups.length);
	ck_assert_str_eq(find(&config.headers, "X-Frame-Options"), "deny");
	ck_assert_str_eq(find(&config.users, "alice"), HASH);
	ck_assert_str_eq(find(&config.users, "b\xc3\xb6"
					     "b"),
		HASH);
}
END_TEST

static const struct {
	const char *says;
	const char *text;
} nothings[] = {
	{"an empty file", ""},
	{"a comment", "# nothing\n"},
	{"a document without content", "---\n"},
	{"empty sections", "tls_server_config:\nhttp_server_config: ~\nbasic_auth_users: null\n"},
};

START_TEST(takes_nothing_for_plain_http)
{
	ck_assert_msg(parse(nothings[_i].text) == 0, "%s: %s", nothings[_i].says, error.reason);
	ck_assert(!config.has_tls);
	ck_assert_uint_eq(config.users.size + config.headers.size, 0);
}
END_TEST

START_TEST(names_the_line_of_a_fault)
{
	ck_assert_int_eq(parse("\n\nbasic_auth_users:\n  alice: " HASH "\n  bob: x\n"), -EINVAL);
	ck_assert_int_eq(error.line, 5);
	ck_assert_ptr_eq(strstr(error.reason,
				 "/etc/web.yml:5: basic_auth_users.bob: is not a hash of bcrypt"),
		error.reason);
}
END_TEST

START_TEST(files_are_relative_to_its_folder)
{
	ck_assert_int_eq(parse("tls_server_config:\n  cert_file: no/such.pem\n"), -ENOENT);
	ck_assert_ptr_nonnull(strstr(error.reason, "/etc/no/such.pem: cannot be read"));
	web_config_clear(&config);
	ck_assert_int_eq(parse("tls_server_config:\n  cert_file: /no/such.pem\n"), -ENOENT);
	ck_assert_ptr_nonnull(strstr(error.reason, " /no/such.pem: cannot be read"));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("web_config");
	tcase_add_checked_fixture(tcase, NULL, tear_down);
	tcase_add_test(tcase, takes_everything_together);
	tcase_add_loop_test(tcase, takes_nothing_for_plain_http, 0, ROWS(nothings));
	tcase_add_test(tcase, names_the_line_of_a_fault);
	tcase_add_test(tcase, files_are_relative_to_its_folder);
	return unit_run("web/web_config", tcase);
}
