/* SPDX-License-Identifier: MIT */
#include "web/web_users.h"

#include <string.h>

#include "../unit.h"

/* Of "geheim" and of "". */
#define HASH "$2y$04$abcdefghijklmnopqrstuuPWRtT5yx7FBi4dcf6ROhboeNunUrLQ."
#define EMPTY "$2b$04$......................w74bL5gU7LSJClZClCa.Pkz14aTv/XO"

static struct labels hashes;
static struct web_users *users;

static void set_up(void)
{
	ck_assert_int_eq(labels_append(&hashes, "alice", HASH), 0);
	ck_assert_int_eq(labels_append(&hashes, "bob", EMPTY), 0);
	users = web_users_new(&hashes);
	ck_assert_ptr_nonnull(users);
}

static void tear_down(void)
{
	web_users_free(users);
	labels_clear(&hashes);
}

static const struct {
	const char *says;
	const char *authorization;
	bool is_let_in;
} rows[] = {
	{"alice:geheim", "Basic YWxpY2U6Z2VoZWlt", true},
	{"the scheme in any case", "bASIC YWxpY2U6Z2VoZWlt", true},
	{"more blanks", "Basic    YWxpY2U6Z2VoZWlt", true},
	{"bob: without a password", "Basic Ym9iOg==", true},
	{"alice:anders", "Basic YWxpY2U6YW5kZXJz", false},
	{"alice:", "Basic YWxpY2U6", false},
	{"bob:geheim", "Basic Ym9iOmdlaGVpbQ==", false},
	{"eve:geheim", "Basic ZXZlOmdlaGVpbQ==", false},
	{"alice:geheim and a NUL", "Basic YWxpY2U6Z2VoZWltAA==", false},
	{"alice, NUL, :geheim", "Basic YWxpY2UAOmdlaGVpbQ==", false},
	{"no colon", "Basic YWxpY2U=", false},
	{"nothing but a colon", "Basic Og==", false},
	{"not base64", "Basic *", false},
	{"base64 that is cut", "Basic YWxpY2U6Z2VoZWl", false},
	{"nothing", "", false},
	{"the scheme alone", "Basic", false},
	{"the scheme and a blank", "Basic ", false},
	{"another scheme", "Bearer YWxpY2U6Z2VoZWlt", false},
};

START_TEST(lets_in_who_has_name_and_password)
{
	/* The second time it is remembered. */
	for (int i = 0; i < 2; i++)
		ck_assert_msg(web_users_let_in(users, rows[_i].authorization,
				      strlen(rows[_i].authorization)) == rows[_i].is_let_in,
			"%s", rows[_i].says);
}
END_TEST

/* More than are remembered, and none is taken for another. */
START_TEST(remembers_many_without_mixing_them_up)
{
	for (int round = 0; round < 12; round++)
		for (int i = 0; i < ROWS(rows); i++)
			ck_assert_msg(web_users_let_in(users, rows[i].authorization,
					      strlen(rows[i].authorization)) == rows[i].is_let_in,
				"%s", rows[i].says);
}
END_TEST

static const struct {
	const char *hash;
	const char *reason; /* Part of it; NULL: it is one. */
} hash_rows[] = {
	{HASH, NULL},
	{EMPTY, NULL},
	{"$2a$14$abcdefghijklmnopqrstuuPWRtT5yx7FBi4dcf6ROhboeNunUrLQ.", NULL},
	{"", "is not a hash"},
	{"$", "is not a hash"},
	{"$2", "is not a hash"},
	{"$2y", "is not a hash"},
	{"$2y$", "is not a hash"},
	{"$2y$1$", "is not a hash"},
	{"$2y$100$", "is not a hash"},
	{"$2x$04$abcdefghijklmnopqrstuuPWRtT5yx7FBi4dcf6ROhboeNunUrLQ.", "is not a hash"},
	{"$1$abc$def", "is not a hash"},
	{"geheim", "is not a hash"},
	{"$2y$04$", "is cut"},
	{HASH "x", "is cut"},
	{"$2y$04$abcdefghijklmnopqrstuuPWRtT5yx7FBi4dcf6ROhboeNunUrLQ!", "stray"},
	{"$2y$03$abcdefghijklmnopqrstuuPWRtT5yx7FBi4dcf6ROhboeNunUrLQ.", "cost"},
	{"$2y$15$abcdefghijklmnopqrstuuPWRtT5yx7FBi4dcf6ROhboeNunUrLQ.", "cost"},
};

START_TEST(knows_a_hash)
{
	const char *reason = web_users_check_hash(hash_rows[_i].hash);
	ck_assert_msg(!reason == !hash_rows[_i].reason, "%s: %s", hash_rows[_i].hash, reason);
	if (reason)
		ck_assert_msg(
			strstr(reason, hash_rows[_i].reason), "%s: %s", hash_rows[_i].hash, reason);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("web_users");
	tcase_add_loop_test(tcase, knows_a_hash, 0, ROWS(hash_rows));
	if (web_users_can_verify()) {
		tcase_add_checked_fixture(tcase, set_up, tear_down);
		tcase_add_loop_test(tcase, lets_in_who_has_name_and_password, 0, ROWS(rows));
		tcase_add_test(tcase, remembers_many_without_mixing_them_up);
	}
	return unit_run("web/web_users", tcase);
}
